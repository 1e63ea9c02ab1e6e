package moka.engine.grammar;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.stream.IntStream;

/** Takes the tokens that a grammar allows, chosen by some bytes. */
public final class GrammarWalk {
    /** Every byte, and token 0 for the end. */
    private static final TokenVocabulary BYTES = TokenVocabulary.of(
            IntStream.range(0, 257).mapToObj(id -> id == 0 ? new byte[0] : new byte[] {(byte) (id - 1)}).toArray(byte[][]::new), Set.of(0));

    private static final int STEPS = 30;

    private GrammarWalk() {}

    /** @throws AssertionError if the grammar leads nowhere, or refuses what it allowed */
    public static void follow(Grammar grammar, byte[] choices) {
        GrammarConstraint constraint = new TokenGrammar(grammar, BYTES).newConstraint();
        for (int i = 0; i < Math.min(STEPS, choices.length) && !constraint.isFinished(); i++) {
            long[] mask = constraint.mask();
            int allowed = 0;
            for (long word : mask) {
                allowed += Long.bitCount(word);
            }
            assertTrue(allowed > 0, "a dead end after " + i + " bytes");
            int token = setBit(mask, (choices[choices.length - 1 - i] & 0xff) % allowed);
            assertTrue(constraint.accept(token), "refuses what its mask allows");
        }
    }

    /** The place of a set bit, counted from 0. Every comparison here is told to the fuzzer, which cares for those of the grammar. */
    private static int setBit(long[] mask, int count) {
        int left = count;
        for (int word = 0; ; word++) {
            int here = Long.bitCount(mask[word]);
            if (left < here) {
                long bits = mask[word];
                for (; left > 0; left--) {
                    bits &= bits - 1;
                }
                return word * Long.SIZE + Long.numberOfTrailingZeros(bits);
            }
            left -= here;
        }
    }
}
