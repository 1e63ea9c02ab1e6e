package moka.engine.grammar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Texts of a grammar, byte by byte at random, with a liking for characters that JSON texts need, so that most of them end. */
final class RandomTexts {
    private static final int LONGEST = 300;
    private static final String LIKED = "\"]},:0";

    private RandomTexts() {}

    /** As many of {@code tries} as end. */
    static List<String> of(Grammar grammar, int tries, SplittableRandom random) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < tries; i++) {
            StackSets states = new StackSets(grammar.automaton());
            var written = new ByteArrayOutputStream();
            int state = states.start();
            while (written.size() < LONGEST && !(states.isComplete(state) && (states.canOnlyEnd(state) || random.nextInt(5) == 0))) {
                byte next = choose(states, state, random);
                written.write(next);
                state = states.step(state, next);
            }
            if (states.isComplete(state)) {
                texts.add(written.toString(StandardCharsets.UTF_8));
            }
        }
        return texts;
    }

    private static byte choose(StackSets states, int state, SplittableRandom random) {
        List<Byte> allowed = new ArrayList<>();
        List<Byte> liked = new ArrayList<>();
        for (int value = 0; value < 256; value++) {
            if (states.step(state, (byte) value) != StackSets.DEAD) {
                allowed.add((byte) value);
                if (LIKED.indexOf(value) >= 0) {
                    liked.add((byte) value);
                }
            }
        }
        List<Byte> from = !liked.isEmpty() && random.nextInt(4) == 0 ? liked : allowed;
        return from.get(random.nextInt(from.size()));
    }
}
