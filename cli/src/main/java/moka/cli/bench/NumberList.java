package moka.cli.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import moka.cli.terminal.CommandFailure;

/** Lists of numbers as llama-bench reads them: {@code 1,2,4}, {@code 1-16}, {@code 0-4096+1024}, {@code 1-16*2}. */
public final class NumberList {
    private static final int MOST_VALUES = 1000;
    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:-(\\d{1,9})(?:([+*])(\\d{1,9}))?)?");

    private NumberList() {}

    /** @param flag for the message @throws CommandFailure if it is not such a list */
    public static List<Integer> parse(String flag, String text) {
        List<Integer> values = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            Matcher matcher = RANGE.matcher(item.strip());
            if (!matcher.matches()) {
                throw malformed(flag, text);
            }
            int first = Integer.parseInt(matcher.group(1));
            int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
            boolean times = "*".equals(matcher.group(3));
            int step = matcher.group(4) == null ? 1 : Integer.parseInt(matcher.group(4));
            if (last < first || step < (times ? 2 : 1) || (times && first == 0)) {
                throw malformed(flag, text);
            }
            for (long value = first; value <= last; value = times ? value * step : value + step) {
                values.add((int) value);
                if (values.size() > MOST_VALUES) {
                    throw CommandFailure.usage(flag + " '" + text + "' has more than " + MOST_VALUES + " values");
                }
            }
        }
        return values;
    }

    private static CommandFailure malformed(String flag, String text) {
        return CommandFailure.usage(
                flag + " '" + text + "', expected numbers such as 512, 1,2,4, 1-8, 0-4096+1024 or 1-16*2 (first-last, + step, * factor)");
    }
}
