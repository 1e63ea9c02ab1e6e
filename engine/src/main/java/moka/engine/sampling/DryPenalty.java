package moka.engine.sampling;

import java.util.Arrays;
import java.util.List;
import moka.engine.sampling.SamplingOptions.Dry;

/**
 * DRY: where the last tokens repeat an earlier sequence, the token that followed it then is made less likely, the more the longer the
 * repeat. The lengths are the Z function (Gusfield 1997) of the history read backwards, so the cost is linear in the window.
 */
final class DryPenalty {
    private final Dry dry;
    private final int[][] breakers; // sorted by first token, then the longest first: a vocabulary has thousands of them
    private final int longestExponent; // beyond it the penalty leaves the range of a float; 0: no limit
    private final int[] longestRepeat; // [vocabularySize], longest repeat + 1 that a token would go on with; zero between calls
    private int[] repeats = new int[4096]; // Z function; grows with the window

    /** @param breakers token sequences across which repeats are not matched */
    DryPenalty(Dry dry, List<int[]> breakers, int vocabularySize) {
        this.dry = dry;
        this.breakers = breakers.toArray(int[][]::new);
        Arrays.sort(this.breakers, (a, b) -> a[0] != b[0] ? Integer.compare(a[0], b[0]) : Integer.compare(b.length, a.length));
        longestExponent = dry.base() > 1.000001f ? (int) (Math.log(Float.MAX_VALUE) / Math.log(dry.base())) : 0;
        longestRepeat = new int[dry.off() ? 0 : vocabularySize];
    }

    void apply(Candidates candidates, TokenHistory history) {
        if (dry.off()) {
            return;
        }
        int window = history.window(dry.lastN());
        if (window <= dry.allowedLength()) {
            return;
        }
        int reach = reach(history, window);
        if (reach < dry.allowedLength()) {
            return;
        }
        measureRepeats(history, window);
        for (int age = window - 1; age >= 1; age--) {
            int length = Math.min(repeats[age], reach);
            int followed = history.recent(age - 1);
            if (length >= dry.allowedLength()) {
                longestRepeat[followed] = Math.max(longestRepeat[followed], length + 1);
            }
        }
        for (int age = 0; age < window - 1; age++) {
            int token = history.recent(age);
            int length = longestRepeat[token] - 1;
            if (length >= 0) { // the first meeting; later ones find nothing
                longestRepeat[token] = 0;
                if (!isBreaker(token)) {
                    candidates.setLogit(token, candidates.logitOfToken(token) - penalty(length));
                }
            }
        }
        candidates.refresh();
    }

    private float penalty(int length) {
        int exponent = length - dry.allowedLength();
        if (longestExponent > 0) {
            exponent = Math.min(exponent, longestExponent);
        }
        return (float) (dry.multiplier() * Math.pow(dry.base(), exponent));
    }

    /** How many of the last tokens may be matched: up to the newest breaker. */
    private int reach(TokenHistory history, int window) {
        for (int age = 0; age < window; age++) {
            int token = history.recent(age);
            for (int i = firstOf(token); i < breakers.length && breakers[i][0] == token; i++) {
                int tail = breakers[i].length - 1;
                if (tail <= age && startsAt(history, age, breakers[i])) {
                    return age - tail;
                }
            }
        }
        return window;
    }

    /** Whether a breaker's first token is the one of this age and the rest follow it. */
    private static boolean startsAt(TokenHistory history, int age, int[] breaker) {
        for (int i = 0; i < breaker.length; i++) {
            if (history.recent(age - i) != breaker[i]) {
                return false;
            }
        }
        return true;
    }

    private boolean isBreaker(int token) {
        int end = firstOf(token + 1);
        return end > 0 && breakers[end - 1].length == 1 && breakers[end - 1][0] == token;
    }

    /** Index of the first breaker whose first token is at least {@code token}. */
    private int firstOf(int token) {
        int low = 0;
        int high = breakers.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (breakers[middle][0] < token) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** repeats[age] = length of the longest common end of the history and of the history without its last {@code age} tokens. */
    private void measureRepeats(TokenHistory history, int window) {
        if (repeats.length < window) {
            repeats = Arrays.copyOf(repeats, Math.max(window, 2 * repeats.length));
        }
        int left = 0;
        int right = 0; // [left, right) is the match that reaches furthest back
        for (int age = 1; age < window; age++) {
            int length = age < right ? Math.min(right - age, repeats[age - left]) : 0;
            while (age + length < window && history.recent(length) == history.recent(age + length)) {
                length++;
            }
            repeats[age] = length;
            if (age + length > right) {
                left = age;
                right = age + length;
            }
        }
    }
}
