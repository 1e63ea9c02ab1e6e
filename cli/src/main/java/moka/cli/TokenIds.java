package moka.cli;

import java.util.Arrays;
import java.util.stream.Collectors;
import moka.cli.terminal.CommandFailure;
import org.jspecify.annotations.Nullable;

/** Token ids as text: {@code 1,2,3} or {@code [1, 2, 3]}. */
final class TokenIds {
    private TokenIds() {}

    static int[] parse(@Nullable String text) {
        if (text == null) {
            throw CommandFailure.usage("no ids: give --ids 1,2,3");
        }
        String list = text.strip();
        if (list.startsWith("[") && list.endsWith("]")) {
            list = list.substring(1, list.length() - 1).strip();
        }
        if (list.isEmpty()) {
            return new int[0];
        }
        String[] parts = list.split("\\s*[,\\s]\\s*");
        int[] ids = new int[parts.length];
        for (int i = 0; i < ids.length; i++) {
            try {
                ids[i] = Integer.parseInt(parts[i]);
            } catch (NumberFormatException e) {
                throw CommandFailure.usage("--ids: '" + parts[i] + "' is no token id, expected numbers with commas between them");
            }
        }
        return ids;
    }

    static String format(int[] ids) {
        return Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
