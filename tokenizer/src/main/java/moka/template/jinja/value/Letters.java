package moka.template.jinja.value;

import java.util.Locale;

/** Upper, lower and title case as Python maps them, and the questions that texts are asked about their letters. */
public final class Letters {
    private Letters() {}

    static String upper(String chars) {
        return chars.toUpperCase(Locale.ROOT);
    }

    public static Text upper(Text text) {
        return text.mapped(upper(text.chars()));
    }

    public static Text lower(Text text) {
        return text.mapped(lower(text.chars()));
    }

    static String lower(String chars) {
        return chars.toLowerCase(Locale.ROOT);
    }

    /** The first letter in title case, the rest in lower case. */
    public static Text capitalize(Text text) {
        String chars = text.chars();
        if (chars.isEmpty()) {
            return text;
        }
        int first = Character.charCount(chars.codePointAt(0));
        // The rest is lowered in its context: a final sigma looks at the letters before it.
        String lowered = lower(chars);
        String head = lower(chars.substring(0, first));
        String rest = lowered.startsWith(head) ? lowered.substring(head.length()) : lower(chars.substring(first));
        return text.mapped(titleCase(chars.codePointAt(0)) + rest);
    }

    /** {@code str.title()}: a letter after anything that has no case is in title case, the others in lower case. */
    static Text title(Text text) {
        var out = new StringBuilder(text.chars().length());
        boolean inWord = false;
        for (int i = 0; i < text.chars().length(); ) {
            int point = text.chars().codePointAt(i);
            out.append(inWord ? lower(Character.toString(point)) : titleCase(point));
            inWord = isCased(point);
            i += Character.charCount(point);
        }
        return text.mapped(out.toString());
    }

    static Text swapCase(Text text) {
        var out = new StringBuilder(text.chars().length());
        for (int i = 0; i < text.chars().length(); ) {
            int point = text.chars().codePointAt(i);
            String one = Character.toString(point);
            out.append(Character.isUpperCase(point) ? lower(one) : Character.isLowerCase(point) ? upper(one) : one);
            i += Character.charCount(point);
        }
        return text.mapped(out.toString());
    }

    static Text caseFold(Text text) {
        var out = new StringBuilder(text.chars().length());
        for (int i = 0; i < text.chars().length(); ) {
            int point = text.chars().codePointAt(i);
            out.append(lower(upper(Character.toString(point))));
            i += Character.charCount(point);
        }
        return text.mapped(out.toString());
    }

    private static String titleCase(int point) {
        int title = Character.toTitleCase(point);
        if (title != point || Character.isTitleCase(point)) {
            return Character.toString(title);
        }
        String upper = upper(Character.toString(point));
        int first = Character.charCount(upper.codePointAt(0));
        return upper.substring(0, first) + lower(upper.substring(first));
    }

    private static boolean isCased(int point) {
        return Character.isUpperCase(point) || Character.isLowerCase(point) || Character.isTitleCase(point);
    }

    /** A question such as {@code isalpha} that is asked of every code point; no for the empty text. */
    static boolean all(String question, String chars) {
        return !chars.isEmpty() && chars.codePoints().allMatch(point -> is(question, point));
    }

    private static boolean is(String question, int point) {
        return switch (question) {
            case "isalpha" -> Character.isLetter(point);
            case "isdecimal" -> Character.getType(point) == Character.DECIMAL_DIGIT_NUMBER;
            case "isdigit" -> isDigit(point);
            case "isnumeric" -> isNumeric(point);
            case "isalnum" -> Character.isLetter(point) || isNumeric(point);
            case "isspace" -> PythonPrinting.isSpace(point);
            default -> PythonPrinting.isPrintable(point);
        };
    }

    private static boolean isDigit(int point) {
        return Character.getType(point) == Character.DECIMAL_DIGIT_NUMBER
                || point == 0xb2
                || point == 0xb3
                || point == 0xb9
                || point == 0x2070
                || point >= 0x2074 && point <= 0x2079
                || point >= 0x2080 && point <= 0x2089
                || point >= 0x2460 && point <= 0x2468;
    }

    private static boolean isNumeric(int point) {
        return switch (Character.getType(point)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }

    /** Whether there are cased letters and all of them are upper (or lower) case. */
    public static boolean isCase(String chars, boolean upper) {
        boolean any = false;
        for (int i = 0; i < chars.length(); ) {
            int point = chars.codePointAt(i);
            if (upper ? Character.isLowerCase(point) : Character.isUpperCase(point)) {
                return false;
            }
            if (Character.isTitleCase(point)) {
                return false;
            }
            any |= isCased(point);
            i += Character.charCount(point);
        }
        return any;
    }

    static boolean isTitle(String chars) {
        boolean any = false;
        boolean inWord = false;
        for (int i = 0; i < chars.length(); ) {
            int point = chars.codePointAt(i);
            boolean upper = Character.isUpperCase(point) || Character.isTitleCase(point);
            if (upper && inWord || Character.isLowerCase(point) && !inWord) {
                return false;
            }
            inWord = isCased(point);
            any |= inWord;
            i += Character.charCount(point);
        }
        return any;
    }

    static boolean isIdentifier(String chars) {
        if (chars.isEmpty()) {
            return false;
        }
        int first = chars.codePointAt(0);
        return (first == '_' || Character.isUnicodeIdentifierStart(first))
                && chars.codePoints().skip(1).allMatch(point -> Character.isUnicodeIdentifierPart(point) && !Character.isIdentifierIgnorable(point));
    }
}
