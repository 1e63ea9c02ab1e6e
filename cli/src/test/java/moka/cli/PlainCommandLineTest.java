package moka.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import moka.cli.terminal.Streams;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine;

/** What is read without picocli is what picocli reads. */
class PlainCommandLineTest {
    private static final Map<String, PlainOptionsSource> SOURCES = Map.of(
            "run", new PlainOptionsSource("run", RunCommand.class), "chat", new PlainOptionsSource("chat", ChatCommand.class));
    private static final List<String> VALUES = List.of(
            "0", "1", "-1", "7", "0.5", "-0.5", "1e3", "007", "+3", "99999999999", "NaN", "text", "", "two words", "a=b", "-", "--", "-n", "-x1", "@file", "--top-k",
            "model.gguf", "'quoted'", "\"quoted\"", "ä", "a,b", "a|b", "true", "${HOME}", "\\n");

    @TempDir
    static Path folder;

    private static Streams streams(Map<String, String> environment) {
        return TestStreams.pipe("", environment, new ByteArrayOutputStream(), new ByteArrayOutputStream());
    }

    @Test
    void switchesAreUpToDate() throws IOException {
        for (PlainOptionsSource source : SOURCES.values()) {
            Path file = Path.of("src/main/java/moka/cli", source.className() + ".java");
            if (Boolean.getBoolean("moka.write")) {
                Files.writeString(file, source.text());
            }
            assertEquals(source.text(), Files.readString(file), file + " is stale: run this test with -Dmoka.write=true");
        }
    }

    @Test
    void everyPlainOptionIsReadAsPicocliReadsIt() {
        SOURCES.forEach((command, source) -> {
            for (PlainOptionsSource.Place option : source.options()) {
                for (String name : option.names()) {
                    List<String> args = option.takesValue() ? List.of(name, "3") : List.of(name);
                    assertTrue(readAlike(command, args), command + " " + args + " was left to picocli");
                }
            }
        });
    }

    @Test
    void readsUsualLinesItself() {
        for (List<String> args : List.of(
                List.of("-p", "hi", "-n", "1"),
                List.of("model.gguf", "--temp=0.7", "-s", "-1", "-n", "-1", "-p", ""),
                List.of("model.gguf", "Why", "is", "-t", "2", "the", "sky"),
                List.of("-m", "model.gguf", "-p", "a", "--jinja", "--no-warmup", "-fa", "on", "-ngl", "99"),
                List.of("model.gguf", "-f", "-", "--stop", "a", "--stop", "b"))) {
            assertTrue(readAlike("run", args), "run " + args + " was left to picocli");
        }
        assertTrue(readAlike("chat", List.of("model.gguf", "-sys", "Be short.", "--no-save")));
    }

    @Test
    void linesOfAnyKindAreReadAlikeOrLeftToPicocli() {
        SplittableRandom random = new SplittableRandom(13);
        int plain = 0;
        for (int i = 0; i < 4000; i++) {
            String command = random.nextBoolean() ? "run" : "chat";
            plain += readAlike(command, line(SOURCES.get(command).options(), random)) ? 1 : 0;
        }
        assertTrue(plain > 400, plain + " of 4000 were read without picocli");
    }

    @Test
    void defaultsOfTheConfigurationAreTakenAlike() throws IOException {
        SplittableRandom random = new SplittableRandom(14);
        Path file = folder.resolve("config");
        int plain = 0;
        for (int i = 0; i < 1000; i++) {
            String command = random.nextBoolean() ? "run" : "chat";
            List<PlainOptionsSource.Place> options = SOURCES.get(command).options();
            StringBuilder configuration = new StringBuilder();
            for (int lines = random.nextInt(4); lines > 0; lines--) {
                PlainOptionsSource.Place option = options.get(random.nextInt(options.size()));
                String value = random.nextInt(4) == 0 ? VALUES.get(random.nextInt(VALUES.size())) : option.takesValue() ? "" + random.nextInt(4) : "" + random.nextBoolean();
                configuration.append(random.nextInt(8) == 0 ? "[" + command + "]\n" : "").append(random.nextInt(9) == 0 ? "model" : option.names().getLast()).append(" = ").append(value).append('\n');
            }
            Files.writeString(file, configuration);
            plain += readAlike(command, line(options, random), Map.of("MOKA_CONFIG", file.toString())) ? 1 : 0;
        }
        assertTrue(plain > 100, plain + " of 1000 were read without picocli");
    }

    private static List<String> line(List<PlainOptionsSource.Place> options, SplittableRandom random) {
        List<String> args = new ArrayList<>();
        for (int words = random.nextInt(5); words > 0; words--) {
            PlainOptionsSource.Place option = options.get(random.nextInt(options.size()));
            String name = option.names().get(random.nextInt(option.names().size()));
            String value = VALUES.get(random.nextInt(VALUES.size()));
            switch (random.nextInt(16)) {
                case 0 -> args.add(value);
                case 1 -> args.add(name);
                case 2 -> args.add(name + value);
                case 3 -> args.addAll(List.of(name, value));
                case 4, 5 -> args.add(name + "=" + value);
                case 6 -> args.add("model.gguf");
                default -> args.addAll(option.takesValue() ? List.of(name, String.valueOf(random.nextInt(-1, 5))) : List.of(name));
            }
        }
        return args;
    }

    /** Reads a line both ways. @return whether it was read without picocli */
    private static boolean readAlike(String name, List<String> args) {
        return readAlike(name, args, Map.of());
    }

    private static boolean readAlike(String name, List<String> args, Map<String, String> environment) {
        Optional<Command> plain = PlainCommandLine.read(name, args, streams(environment));
        if (plain.isEmpty()) {
            return false;
        }
        CommandLine commandLine = new Commands(streams(environment)).find(name, args.toArray(String[]::new));
        try {
            commandLine.parseArgs(args.toArray(String[]::new));
        } catch (ParameterException e) {
            throw new AssertionError("picocli refuses " + name + " " + args, e);
        }
        assertEquals(values(commandLine.getCommand()), values(plain.get()), name + " " + args);
        return true;
    }

    /** What stands in the fields of options, by their paths. */
    private static Map<String, Object> values(Object holder) {
        Map<String, Object> values = new TreeMap<>();
        collect("", holder, Command.class.isInstance(holder) ? Command.class : holder.getClass(), values);
        collect("", holder, holder.getClass(), values);
        return values;
    }

    private static void collect(String path, Object holder, Class<?> type, Map<String, Object> values) {
        try {
            for (Field field : type.getDeclaredFields()) {
                field.setAccessible(true);
                if (field.isAnnotationPresent(Mixin.class)) {
                    collect(path + field.getName() + ".", field.get(holder), field.getType(), values);
                } else if (field.isAnnotationPresent(Option.class) || field.isAnnotationPresent(Parameters.class)) {
                    Object value = field.get(holder);
                    values.put(path + field.getName(), switch (value) {
                        case String[] texts -> List.of(texts);
                        case boolean[] switches -> switches.length;
                        case null -> "nothing";
                        default -> value;
                    });
                }
            }
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
