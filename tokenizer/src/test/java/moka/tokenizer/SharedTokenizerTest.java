package moka.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One tokenizer, many threads, from its first text on: everything that it finds out when first asked it finds out the same. */
class SharedTokenizerTest {
    private static final int THREADS = 8;

    static List<String> kinds() {
        return SmallVocabulary.KINDS;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void givesEveryThreadTheSame(String kind) throws Exception {
        var random = new SplittableRandom(23);
        var texts = new ArrayList<String>();
        for (int i = 0; i < 300; i++) {
            texts.add(RandomVocabulary.unicode(random, random.nextInt(40)) + " hello hell he ".substring(random.nextInt(14)));
        }
        List<int[]> alone = encode(SmallVocabulary.of(kind).tokenizer(), texts);
        try (var threads = Executors.newFixedThreadPool(THREADS)) {
            for (int round = 0; round < 10; round++) {
                Tokenizer shared = SmallVocabulary.of(kind).tokenizer();
                Callable<List<int[]>> all = () -> encode(shared, texts);
                for (Future<List<int[]>> found : threads.invokeAll(java.util.Collections.nCopies(THREADS, all))) {
                    for (int i = 0; i < alone.size(); i++) { // two of each text
                        assertArrayEquals(alone.get(i), found.get().get(i), texts.get(i / 2));
                    }
                }
            }
        }
    }

    /** Each text as a user's and as it is. */
    private static List<int[]> encode(Tokenizer tokenizer, List<String> texts) {
        var all = new ArrayList<int[]>();
        for (String text : texts) {
            all.add(tokenizer.encode(text, true, false));
            all.add(tokenizer.encode(List.of(new Tokenizer.Segment(text, false)), true));
        }
        return all;
    }
}
