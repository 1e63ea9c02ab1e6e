package moka.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class MemoryNeedsTest {
    private static final MemoryEstimate ESTIMATE = new MemoryEstimate(500_000_000, 0, 20_000_000, 10_000_000, 512);

    @Test
    void saysNothingWhereAllFits() {
        assertEquals(Optional.empty(), MemoryNeeds.fit("m.gguf", ESTIMATE, 530_000_000));
    }

    @Test
    void takesWeightsThatDoNotQuiteFitAndSaysSo() {
        String slow = "of its 0.50 GB of weights do not fit in memory and are read from the disk again and again: expect it to be slow";
        assertEquals(Optional.of("0.03 GB " + slow), MemoryNeeds.fit("m.gguf", ESTIMATE, 500_000_000));
        assertEquals(Optional.of("0.13 GB " + slow), MemoryNeeds.fit("m.gguf", ESTIMATE, 405_000_000));
    }

    @Test
    void refusesWithTheNumbersWhereLessIsThere() {
        var refused = assertThrows(EngineException.class, () -> MemoryNeeds.fit("m.gguf", ESTIMATE, 404_000_000));
        assertEquals(
                "m.gguf: needs about 0.53 GB (weights 0.50, cache 0.02 at 512 tokens, scratch 0.01) but 0.40 GB is available: use a smaller file, or close other programs",
                refused.getMessage());
    }

    @Test
    void refusesWhatIsNotInTheFileWhateverTheWeights() {
        var big = new MemoryEstimate(100_000_000, 0, 300_000_000, 10_000_000, 512);
        assertThrows(EngineException.class, () -> MemoryNeeds.fit("m.gguf", big, 305_000_000));
    }
}
