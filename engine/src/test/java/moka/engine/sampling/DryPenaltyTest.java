package moka.engine.sampling;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import moka.engine.sampling.SamplingOptions.Dry;
import moka.gguf.Metadata;
import moka.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;

class DryPenaltyTest {
    @Test
    void agreesWithTheDefinitionOnRandomHistories() {
        SplittableRandom random = new SplittableRandom(17);
        for (int round = 0; round < 500; round++) {
            int[] history = random.ints(random.nextInt(120), 0, 1 + random.nextInt(5)).toArray();
            var dry = new Dry(1, 2, random.nextInt(4), random.nextBoolean() ? -1 : random.nextInt(100), List.of());
            assertArrayEquals(byDefinition(dry, history), penalties(dry, List.of(), history), () -> dry + " " + List.of(history));
        }
    }

    /** Longest common end of the history and of the history before each token, in two plain loops. */
    private static float[] byDefinition(Dry dry, int[] history) {
        int window = dry.lastN() < 0 ? history.length : Math.min(dry.lastN(), history.length);
        int start = history.length - window;
        int[] longest = new int[5];
        java.util.Arrays.fill(longest, -1);
        for (int at = start + 1; at < history.length; at++) {
            int length = 0;
            while (at - 1 - length >= start && history[at - 1 - length] == history[history.length - 1 - length]) {
                length++;
            }
            if (length >= dry.allowedLength() && window > dry.allowedLength()) {
                longest[history[at]] = Math.max(longest[history[at]], length);
            }
        }
        float[] penalties = new float[5];
        for (int token = 0; token < 5; token++) {
            penalties[token] = longest[token] < 0 ? 0 : (float) -Math.pow(2, longest[token] - dry.allowedLength());
        }
        return penalties;
    }

    private static float[] penalties(Dry dry, List<int[]> breakers, int[] history) {
        try (Arena arena = Arena.ofConfined()) {
            SamplingOptions options = SamplingOptions.DEFAULT.withDry(dry).withOrder(List.of(SamplerStep.DRY));
            Sampler sampler = new Sampler(options, 5, breakers);
            for (int token : history) {
                sampler.accept(token);
            }
            Candidates candidates = sampler.candidates(arena.allocateFrom(VocabularyLogits.LOGIT, new float[5]));
            float[] logits = new float[5];
            for (int i = 0; i < 5; i++) {
                logits[candidates.id(i)] = candidates.logit(i);
            }
            return logits;
        }
    }

    @Test
    void breakersAreFoundInsideAndAcrossTokens() {
        Map<Integer, String> pieces = new HashMap<>(Map.of(0, "a\n", 1, "x.", 2, ". ", 3, ".", 4, " b"));
        List<int[]> found = DrySequenceBreakers.of(List.of("\n", ". "), new PieceTokenizer(pieces));
        Map<String, Boolean> expected = Map.of("[0]", true, "[1, 4]", true, "[2]", true, "[3, 4]", true);
        Map<String, Boolean> actual = new HashMap<>();
        found.forEach(sequence -> actual.put(java.util.Arrays.toString(sequence), true));
        assertEquals(expected, actual);
    }

    /** Pieces only; every text becomes token 4. */
    private record PieceTokenizer(Map<Integer, String> pieces) implements Tokenizer {
        static Tokenizer of(Metadata metadata) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int vocabularySize() {
            return pieces.size();
        }

        @Override
        public byte[] piece(int id, boolean special) {
            return pieces.get(id).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        }

        @Override
        public int[] encode(CharSequence text, boolean addSpecial, boolean parseSpecial) {
            return new int[] {4};
        }

        @Override
        public int[] encode(List<Segment> segments, boolean addSpecial) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String model() {
            return "test";
        }

        @Override
        public List<String> warnings() {
            return List.of();
        }

        @Override
        public String decode(int[] ids, boolean removeSpecial, boolean unparseSpecial) {
            throw new UnsupportedOperationException();
        }

        @Override
        public StreamingDecoder newStreamingDecoder(boolean special) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int bos() {
            return -1;
        }

        @Override
        public int eos() {
            return -1;
        }

        @Override
        public boolean addBos() {
            return false;
        }

        @Override
        public boolean addEos() {
            return false;
        }

        @Override
        public java.util.Set<Integer> endOfGeneration() {
            return java.util.Set.of();
        }

        @Override
        public boolean isEndOfGeneration(int id) {
            return false;
        }

        @Override
        public boolean isControl(int id) {
            return false;
        }
    }
}
