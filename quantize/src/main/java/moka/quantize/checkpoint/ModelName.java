package moka.quantize.checkpoint;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a repository's name such as {@code Qwen/Qwen2.5-0.5B-Instruct} tells, by the naming convention of GGUF. Empty texts where it tells nothing.
 *
 * @param title {@code Qwen2.5 0.5B Instruct}
 * @param organization {@code Qwen}
 * @param baseName {@code Qwen2.5}
 * @param fineTune {@code Instruct}
 * @param version such as {@code v0.3}
 * @param sizeLabel {@code 0.5B}
 */
record ModelName(String title, String organization, String baseName, String fineTune, String version, String sizeLabel) {
    private static final Pattern VERSION = pattern("(v|iter)?\\d+([.]\\d+)*");
    private static final Pattern TYPE = pattern("i?q\\d(_\\w)*|b?fp?(16|32)");
    private static final Pattern SIZE = pattern("((A|\\d+x)?\\d+([._]\\d+)?[KMBT]\\d?|small|mini|medium|large|x?xl)");
    private static final Pattern TUNED = pattern("chat|instruct|vision|lora");
    private static final Pattern KEPT_IN_TITLE = Pattern.compile("(v\\d+(?:\\.\\d+)*|\\d.*)");

    private enum Kind {
        BASE,
        SIZE,
        TUNE,
        VERSION,
        TYPE
    }

    private record Part(String text, Set<Kind> kinds) {
        boolean is(Kind kind) {
            return kinds.contains(kind);
        }
    }

    private static Pattern pattern(String regex) {
        return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    }

    /** @param parameterCount of the model: a size far from it is the length of a context */
    static ModelName of(String id, long parameterCount) {
        if (id.indexOf(' ') >= 0) {
            return new ModelName(title(id), "", "", "", "", "");
        }
        int slash = id.indexOf('/');
        String organization = slash < 0 || id.startsWith(".") ? "" : id.substring(0, slash);
        String name = id.substring(slash + 1);
        List<Part> parts = new ArrayList<>();
        for (String text : name.split("-")) {
            if (!text.isEmpty()) {
                parts.add(part(text, parts.isEmpty(), parameterCount));
            }
        }
        if (parts.stream().anyMatch(it -> it.is(Kind.SIZE) && it.text.chars().anyMatch(Character::isDigit))) {
            parts.stream().filter(it -> it.text.chars().allMatch(Character::isLetter)).forEach(it -> it.kinds.remove(Kind.SIZE));
        }
        markBase(parts);
        String size = joined(parts, it -> it.is(Kind.SIZE));
        String tune = joined(parts, it -> it.is(Kind.TUNE));
        String version = joined(parts, it -> it.is(Kind.VERSION) && !it.is(Kind.BASE));
        boolean told = !size.isEmpty() || !tune.isEmpty() || !version.isEmpty();
        return new ModelName(
                title(name), title(organization), told ? joined(parts, it -> it.is(Kind.BASE)) : "", tune, version, size);
    }

    private static Part part(String text, boolean first, long parameterCount) {
        if (VERSION.matcher(text).matches()) {
            return new Part(text, EnumSet.of(Kind.VERSION));
        }
        if (TYPE.matcher(text).matches()) {
            return new Part(text.toUpperCase(Locale.ROOT), EnumSet.of(Kind.TYPE));
        }
        if (!first && SIZE.matcher(text).matches()) {
            return size(text.replace('_', '.'), parameterCount);
        }
        return new Part(text, !first && TUNED.matcher(text).matches() ? EnumSet.of(Kind.TUNE) : EnumSet.noneOf(Kind.class));
    }

    private static Part size(String given, long parameterCount) {
        String text = given;
        int last = text.length() - 1;
        if (Character.isDigit(text.charAt(last))) {
            // 7b1 is 7.1b
            text = text.substring(0, last - 1) + "." + text.charAt(last) + text.charAt(last - 1);
            last = text.length() - 1;
        }
        if (last > 0 && Character.isDigit(text.charAt(last - 1))) {
            text = text.substring(0, last) + Character.toUpperCase(text.charAt(last));
        }
        int power = "KMBT".indexOf(text.charAt(last)) + 1;
        String number = text.substring(0, last);
        if (power > 0 && number.matches("\\d+([.]\\d+)?") && parameterCount > 0) {
            double told = Double.parseDouble(number) * Math.pow(1000, power);
            if (Math.abs(told - parameterCount) > Math.floorDiv(7 * parameterCount, 8)) {
                return new Part(number + Character.toLowerCase(text.charAt(last)), EnumSet.of(Kind.TUNE));
            }
        }
        return new Part(text, EnumSet.of(Kind.SIZE));
    }

    /** The base name is what comes before the first part of a known kind; versions inside it belong to it, those at its end do not. */
    private static void markBase(List<Part> parts) {
        boolean atStart = true;
        for (Part part : parts) {
            boolean word = part.kinds.isEmpty() && Character.isLetter(part.text.charAt(0));
            if (atStart && (word || part.is(Kind.VERSION))) {
                part.kinds.add(Kind.BASE);
            } else {
                atStart = false;
                if (part.kinds.isEmpty()) {
                    part.kinds.add(Kind.TUNE);
                }
            }
        }
        for (Part part : parts.reversed()) {
            if (!part.is(Kind.BASE) || part.kinds.size() == 1) {
                break;
            }
            part.kinds.remove(Kind.BASE);
        }
    }

    private static String joined(List<Part> parts, Predicate<Part> wanted) {
        return parts.stream().filter(wanted).map(Part::text).collect(Collectors.toCollection(LinkedHashSet::new)).stream()
                .collect(Collectors.joining("-"));
    }

    /** Words with a capital, but for versions and numbers. */
    private static String title(String name) {
        return Stream.of(name.strip().replace('-', ' ').split("\\s+"))
                .map(word -> isLower(word) && !KEPT_IN_TITLE.matcher(word).matches() ? capitals(word) : word)
                .collect(Collectors.joining(" "));
    }

    private static boolean isLower(String word) {
        return word.chars().anyMatch(Character::isLowerCase) && word.chars().noneMatch(Character::isUpperCase);
    }

    /** A capital after everything that is no letter. */
    private static String capitals(String word) {
        var text = new StringBuilder(word.length());
        boolean inWord = false;
        for (char c : word.toCharArray()) {
            text.append(inWord ? c : Character.toUpperCase(c));
            inWord = Character.isLetter(c);
        }
        return text.toString();
    }
}
