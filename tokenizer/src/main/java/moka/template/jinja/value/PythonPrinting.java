package moka.template.jinja.value;

/** Numbers and quoted texts as Python writes them. */
public final class PythonPrinting {
    private PythonPrinting() {}

    /** The shortest decimal that reads back as the same double: {@code 1.0}, {@code 1e+20}, {@code inf}. */
    public static String repr(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return (1 / value < 0 ? "-" : "") + Long.toString((long) Math.abs(value)) + ".0";
        }
        var decimal = Decimal.shortest(Math.abs(value));
        return (value < 0 ? "-" : "") + decimal.repr();
    }

    /** Shortest digits of a positive double, which is 0.digits times ten to the power of {@code point}. */
    record Decimal(String digits, int point) {
        static Decimal shortest(double value) {
            // Java prints the shortest digits too, but at least two: d.d…E±x or plain.
            String text = Double.toString(value);
            int exponentAt = text.indexOf('E');
            int exponent = exponentAt < 0 ? 0 : Integer.parseInt(text.substring(exponentAt + 1));
            String mantissa = exponentAt < 0 ? text : text.substring(0, exponentAt);
            int dot = mantissa.indexOf('.');
            String digits = mantissa.substring(0, dot) + mantissa.substring(dot + 1);
            int point = dot + exponent;
            int leading = 0;
            while (leading < digits.length() - 1 && digits.charAt(leading) == '0') {
                leading++;
            }
            digits = digits.substring(leading);
            point -= leading;
            int end = digits.length();
            while (end > 1 && digits.charAt(end - 1) == '0') {
                end--;
            }
            digits = digits.substring(0, end);
            if (digits.length() == 2) {
                for (int digit = digits.charAt(0) - '0'; digit <= digits.charAt(0) - '0' + 1 && digit < 10; digit++) {
                    if (digit > 0 && Double.parseDouble("0." + digit + "E" + point) == value) {
                        return new Decimal(Integer.toString(digit), point);
                    }
                }
            }
            return new Decimal(digits, point);
        }

        String repr() {
            int exponent = point - 1;
            if (exponent < -4 || exponent >= 16) {
                String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
                String power = Integer.toString(Math.abs(exponent));
                return digits.charAt(0) + fraction + (exponent < 0 ? "e-" : "e+") + (power.length() < 2 ? "0" : "") + power;
            }
            if (point <= 0) {
                return "0." + "0".repeat(-point) + digits;
            }
            if (point >= digits.length()) {
                return digits + "0".repeat(point - digits.length()) + ".0";
            }
            return digits.substring(0, point) + "." + digits.substring(point);
        }
    }

    /** Writes a text in the quotes and with the escapes of {@code repr()}. */
    static void quote(String chars, TextBuilder out) {
        char quote = chars.indexOf('\'') >= 0 && chars.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        int plain = 0;
        for (int i = 0; i < chars.length(); ) {
            int point = chars.codePointAt(i);
            int next = i + Character.charCount(point);
            if (point == quote || point == '\\' || !isPrintable(point)) {
                out.append(chars.substring(plain, i));
                escape(point, out);
                plain = next;
            }
            i = next;
        }
        out.append(chars.substring(plain));
        out.append(quote);
    }

    static void quoteBytes(String latin1, TextBuilder out) {
        char quote = latin1.indexOf('\'') >= 0 && latin1.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < latin1.length(); i++) {
            char one = latin1.charAt(i);
            if (one == quote || one == '\\' || one < ' ' || one > '~') {
                escape(one, out);
            } else {
                out.append(one);
            }
        }
        out.append(quote);
    }

    private static void escape(int point, TextBuilder out) {
        switch (point) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '\'', '"', '\\' -> out.append("\\").append(point);
            default -> {
                if (point < 0x100) {
                    out.append("\\x").append(hex(point, 2));
                } else if (point < 0x10000) {
                    out.append("\\u").append(hex(point, 4));
                } else {
                    out.append("\\U").append(hex(point, 8));
                }
            }
        }
    }

    static String hex(int value, int digits) {
        String hex = Integer.toHexString(value);
        return "0".repeat(digits - hex.length()) + hex;
    }

    /** Python's {@code isprintable} for one code point. */
    public static boolean isPrintable(int point) {
        if (point >= ' ' && point < 0x7f) {
            return true;
        }
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    /** Python's {@code isspace} for one char; no code point above the first plane is a space. */
    public static boolean isSpace(int point) {
        return point == ' '
                || point >= 9 && point <= 13
                || point >= 0x1c && point <= 0x1f
                || point >= 0x85
                        && (point == 0x85
                                || point == 0xa0
                                || point == 0x1680
                                || point >= 0x2000 && point <= 0x200a
                                || point == 0x2028
                                || point == 0x2029
                                || point == 0x202f
                                || point == 0x205f
                                || point == 0x3000);
    }
}
