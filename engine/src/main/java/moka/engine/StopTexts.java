package moka.engine;

import java.util.List;

/** Holds text back while it could be the beginning of a stop text. */
final class StopTexts {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean found;

    StopTexts(List<String> stops) {
        this.stops = stops.stream().filter(it -> !it.isEmpty()).toList();
    }

    boolean found() {
        return found;
    }

    /** Takes new text, gives what is certainly not part of a stop text; nothing after one was found. */
    String accept(String piece) {
        if (found || stops.isEmpty()) {
            return found ? "" : piece;
        }
        held.append(piece);
        int first = -1;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        if (first >= 0) {
            found = true;
            return held.substring(0, first);
        }
        return release(held.length() - longestBeginning());
    }

    /** What is held when the text ends. */
    String finish() {
        return found ? "" : release(held.length());
    }

    private String release(int count) {
        String result = held.substring(0, count);
        held.delete(0, count);
        return result;
    }

    /** Length of the longest end of the held text that begins a stop text. */
    private int longestBeginning() {
        int longest = 0;
        for (String stop : stops) {
            for (int length = Math.min(stop.length() - 1, held.length()); length > longest; length--) {
                if (stop.regionMatches(0, held.substring(held.length() - length), 0, length)) {
                    longest = length;
                }
            }
        }
        return longest;
    }
}
