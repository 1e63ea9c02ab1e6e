package moka.cli.terminal;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What a word may have meant that is no known one: those that are a slip or two of the fingers away, or that it begins. */
public final class Spelling {
    private static final int MOST_SUGGESTIONS = 3;
    private static final int SHORTEST_BEGINNING = 3;
    private static final int MOST_SLIPS = 2;
    private static final int LETTERS_A_SLIP = 3;

    private Spelling() {}

    /** {@code ", did you mean 'inspect'?"}, or nothing where no known word is near. */
    public static String hint(String word, Collection<String> known) {
        List<String> near = near(word, known);
        return near.isEmpty()
                ? ""
                : ", did you mean " + near.stream().map(it -> "'" + it + "'").collect(Collectors.joining(" or ")) + "?";
    }

    /** The nearest known words, at most three; those that differ only in case, dashes and underscores alone if there are such. */
    static List<String> near(String word, Collection<String> known) {
        String wanted = plain(word);
        int nearest = known.stream().mapToInt(it -> slips(wanted, plain(it))).min().orElse(Integer.MAX_VALUE);
        if (nearest <= Math.clamp(wanted.length() / LETTERS_A_SLIP, 1, MOST_SLIPS) && wanted.length() > 1) {
            return known.stream().filter(it -> slips(wanted, plain(it)) == nearest).distinct().limit(MOST_SUGGESTIONS).toList();
        }
        return wanted.length() < SHORTEST_BEGINNING
                ? List.of()
                : known.stream().filter(it -> plain(it).startsWith(wanted)).sorted(Comparator.comparing(String::length)).limit(MOST_SUGGESTIONS).toList();
    }

    private static String plain(String word) {
        return word.toLowerCase(Locale.ROOT).replaceAll("[-_/]", "");
    }

    /** Characters inserted, left out, replaced, or exchanged with their neighbour (optimal string alignment). */
    static int slips(String a, String b) {
        int[][] slips = new int[a.length() + 1][b.length() + 1]; // [characters of a][characters of b]
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    slips[i][j] = i + j;
                    continue;
                }
                int replaced = slips[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                slips[i][j] = Math.min(replaced, 1 + Math.min(slips[i - 1][j], slips[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    slips[i][j] = Math.min(slips[i][j], slips[i - 2][j - 2] + 1);
                }
            }
        }
        return slips[a.length()][b.length()];
    }
}
