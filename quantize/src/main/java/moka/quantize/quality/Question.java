package moka.quantize.quality;

import java.util.List;
import java.util.Locale;

/**
 * A question with what counts as a right answer.
 *
 * @param prompt the user's message
 * @param accept texts of which one has to stand in the reply
 */
public record Question(String prompt, List<String> accept) {
    public Question {
        accept = List.copyOf(accept);
    }

    /** Whether a reply holds an accepted text, in any case, with no ASCII letter or digit right before or after it. */
    public boolean isAnsweredBy(String reply) {
        String text = reply.toLowerCase(Locale.ROOT);
        return accept.stream().anyMatch(it -> contains(text, it.toLowerCase(Locale.ROOT)));
    }

    private static boolean contains(String text, String wanted) {
        for (int at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
            int end = at + wanted.length();
            if ((at == 0 || !wordCharacter(text.charAt(at - 1))) && (end == text.length() || !wordCharacter(text.charAt(end)))) {
                return true;
            }
        }
        return false;
    }

    private static boolean wordCharacter(char c) {
        return c < 128 && Character.isLetterOrDigit(c);
    }
}
