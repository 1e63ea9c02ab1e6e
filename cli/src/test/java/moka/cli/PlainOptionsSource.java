package moka.cli;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the source of a command's {@link PlainOptions} from picocli's annotations on its fields. */
final class PlainOptionsSource {
    /** Numbered options and words of a command. @param path the field, from the command on */
    record Place(String path, Field field, List<String> names) {
        Class<?> type() {
            return field.getType();
        }

        boolean repeats() {
            return type() == List.class || type().isArray();
        }

        boolean takesValue() {
            return type() != boolean.class && type() != boolean[].class;
        }

        String statement(Set<String> imports) {
            String target = "command." + path;
            if (repeats()) {
                return target + " = PlainOptions.with(" + target + ", " + (takesValue() ? "value" : "true") + ")";
            }
            return target + " = " + switch (type().getSimpleName()) {
                case "boolean" -> "true";
                case "String" -> "value";
                case "int", "Integer" -> "PlainOptions.integer(value)";
                case "long", "Long" -> "PlainOptions.longInteger(value)";
                case "float", "Float" -> "Float.parseFloat(value)";
                case "double", "Double" -> "Double.parseDouble(value)";
                case "Path" -> {
                    imports.add("java.nio.file.Path");
                    yield "Path.of(value)";
                }
                default -> throw new IllegalStateException(type() + " of " + path);
            };
        }
    }

    private static final Set<Class<?>> TYPES = Set.of(
            boolean.class, boolean[].class, String.class, String[].class, List.class, int.class, Integer.class, long.class, Long.class,
            float.class, Float.class, double.class, Double.class, Path.class);

    private final String name;
    private final Class<? extends Command> command;
    private final List<Place> options = new ArrayList<>();
    private final List<Place> words = new ArrayList<>();

    PlainOptionsSource(String name, Class<? extends Command> command) {
        this.name = name;
        this.command = command;
        collect("", Command.class);
        collect("", command);
    }

    List<Place> options() {
        return options;
    }

    private void collect(String path, Class<?> holder) {
        for (Field field : holder.getDeclaredFields()) {
            Option option = field.getAnnotation(Option.class);
            if (field.isAnnotationPresent(Mixin.class)) {
                collect(path + field.getName() + ".", field.getType());
            } else if (option != null && isPlain(field, option)) {
                options.add(new Place(path + field.getName(), field, List.of(option.names())));
            } else if (field.isAnnotationPresent(Parameters.class)) {
                words.add(new Place(path + field.getName(), field, List.of(field.getAnnotation(Parameters.class).index())));
            }
        }
    }

    private static boolean isPlain(Field field, Option option) {
        return TYPES.contains(field.getType())
                && option.arity().isEmpty()
                && !option.usageHelp()
                && !option.required()
                && Arrays.stream(option.names()).noneMatch(it -> it.equals("--help-all") || it.equals(AnswerOptions.ROLE))
                && !Modifier.isPrivate(field.getModifiers());
    }

    String className() {
        return command.getSimpleName().replace("Command", "PlainOptions");
    }

    String text() {
        Set<String> imports = new TreeSet<>();
        String values = cases(Place::takesValue, it -> "case " + number(it) + " -> " + it.statement(imports) + ";");
        String switches = cases(it -> !it.takesValue(), it -> "case " + number(it) + " -> " + it.statement(imports) + ";");
        return """
                package moka.cli;

                %s/**
                 * The plain options of {@code moka %s}, see {@link PlainCommandLine}. Made from the annotations of its fields
                 * ({@code mvn test -pl cli -am -Dtest=PlainCommandLineTest -Dmoka.write=true}): do not edit.
                 */
                record %s(%s command) implements PlainOptions {
                    @Override
                    public int number(String name) {
                        return switch (name) {
                %s            default -> NONE;
                        };
                    }

                    @Override
                    public boolean takesValue(int number) {
                        return switch (number) {
                            case %s -> false;
                            default -> true;
                        };
                    }

                    @Override
                    public boolean repeats(int number) {
                        return switch (number) {
                            case %s -> true;
                            default -> false;
                        };
                    }

                    @Override
                    public void turnOn(int number) {
                        switch (number) {
                %s            default -> throw new IllegalArgumentException();
                        }
                    }

                    @Override
                    public void take(int number, String value) {
                        switch (number) {
                %s            default -> throw new IllegalArgumentException();
                        }
                    }

                    @Override
                    public boolean takeWord(int index, String value) {
                %s    }
                }
                """
                .formatted(
                        imports.stream().map(it -> "import " + it + ";\n").collect(Collectors.joining()) + (imports.isEmpty() ? "" : "\n"),
                        name,
                        className(),
                        command.getSimpleName(),
                        cases(it -> true, it -> "case " + it.names().stream().map(n -> '"' + n + '"').collect(Collectors.joining(", ")) + " -> " + number(it) + ";"),
                        numbers(it -> !it.takesValue()),
                        numbers(Place::repeats),
                        switches,
                        values,
                        takeWord());
    }

    private int number(Place place) {
        return options.indexOf(place);
    }

    private String cases(Predicate<Place> which, Function<Place, String> line) {
        return options.stream().filter(which).map(it -> " ".repeat(12) + line.apply(it) + "\n").collect(Collectors.joining());
    }

    private String numbers(Predicate<Place> which) {
        return IntStream.range(0, options.size()).filter(i -> which.test(options.get(i))).mapToObj(String::valueOf).collect(Collectors.joining(", "));
    }

    /** The first word is a field's own; a list takes those behind it. */
    private String takeWord() {
        StringBuilder text = new StringBuilder();
        for (Place word : words) {
            boolean list = word.type() == List.class;
            if (list != word.names().equals(List.of("1..*")) || !list && word.type() != String.class) {
                throw new IllegalStateException("a word " + word.names() + " of " + word.type() + ": " + word.path());
            }
            text.append(list ? "        if (index > 0) {\n" : "        if (index == 0) {\n");
            text.append("            ").append(word.statement(new TreeSet<>())).append(";\n            return true;\n        }\n");
        }
        return text.append("        return false;\n").toString();
    }
}
