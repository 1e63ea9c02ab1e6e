package moka.engine.grammar;

import java.util.Map;
import java.util.Optional;

/** Formats of strings as patterns: what JSON Schema 2020-12 names and a regular language can tell. */
final class Formats {
    private static final String YEAR = "[0-9]{4}";
    private static final String LEAP_YEAR =
            "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
    private static final String DATE = "(?:" + YEAR + "-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
            + "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|" + LEAP_YEAR + "-02-29)";
    private static final String CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9]";
    private static final String TIME = CLOCK + ":[0-5][0-9](?:\\.[0-9]+)?(?:[Zz]|[+-]" + CLOCK + ")"; // RFC 3339
    private static final String OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final String IPV4 = OCTET + "(?:\\." + OCTET + "){3}";
    private static final String LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"; // RFC 1123
    private static final String NUMBER = "[0-9]+";

    private static final Map<String, String> PATTERNS = Map.ofEntries(
            Map.entry("date", DATE),
            Map.entry("time", TIME),
            Map.entry("date-time", DATE + "[Tt]" + TIME),
            Map.entry("duration", duration()),
            Map.entry("uuid", "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
            Map.entry("email", "[^\\s@\"\\x00-\\x1F]+@[^\\s@\"\\x00-\\x1F]+"),
            Map.entry("idn-email", "[^\\s@\"\\x00-\\x1F]+@[^\\s@\"\\x00-\\x1F]+"),
            Map.entry("ipv4", IPV4),
            Map.entry("ipv6", ipv6()),
            Map.entry("hostname", LABEL + "(?:\\." + LABEL + ")*"),
            Map.entry("uri", "[A-Za-z][A-Za-z0-9+.-]*:[^\\s\"<>\\\\^`{|}\\x00-\\x20\\x7F-\\uFFFF]*"),
            Map.entry("json-pointer", "(?:/(?:[^~/]|~[01])*)*"));

    private Formats() {}

    /** A pattern for whole strings; empty for formats that are not checked. */
    static Optional<String> pattern(String format) {
        return Optional.ofNullable(PATTERNS.get(format)).map(pattern -> "^(?:" + pattern + ")$");
    }

    /** RFC 3339, appendix A. */
    private static String duration() {
        String time = "T(?:" + NUMBER + "H(?:" + NUMBER + "M(?:" + NUMBER + "S)?)?|" + NUMBER + "M(?:" + NUMBER + "S)?|" + NUMBER
                + "S)";
        String date = "(?:" + NUMBER + "Y(?:" + NUMBER + "M(?:" + NUMBER + "D)?)?|" + NUMBER + "M(?:" + NUMBER + "D)?|" + NUMBER
                + "D)";
        return "P(?:" + date + "(?:" + time + ")?|" + time + "|" + NUMBER + "W)";
    }

    /** RFC 4291: eight groups, one run of zero groups as ::, the last two groups perhaps as IPv4. */
    private static String ipv6() {
        String group = "[0-9A-Fa-f]{1,4}";
        String last = "(?:" + group + ":" + group + "|" + IPV4 + ")";
        var text = new StringBuilder("(?:(?:" + group + ":){6}" + last);
        for (int before = 0; before <= 6; before++) { // groups before ::
            int after = 7 - before; // at most so many groups after it
            text.append(before == 0 ? "|" : "|" + group + "(?::" + group + "){" + (before - 1) + "}");
            text.append("::(?:");
            if (after >= 2) {
                text.append("(?:" + group + ":){0," + (after - 2) + "}" + last + "|");
            }
            text.append(group + ")?");
        }
        text.append("|").append(group).append("(?::").append(group).append("){6}::)");
        return text.toString();
    }
}
