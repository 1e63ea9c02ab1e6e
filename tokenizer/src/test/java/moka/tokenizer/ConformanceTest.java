package moka.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import moka.tokenizer.ConformanceReport.Count;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * All cases of {@code shared/public/tokenizers}: what llama.cpp v0.5.0, or the tokenizer that a model was trained with, makes of texts and
 * ids. Writes tables to {@code target/tokenizer-conformance.md}: a line for each vocabulary, each name and each rule.
 */
class ConformanceTest {
    /** Cases known to differ, by vocabulary: how many, and why. */
    private static final Map<String, Integer> KNOWN_DIFFERENCES = Map.of(
            // The independent tokenizer's tables are of Unicode 8: U+2E52 is no punctuation there, U+11835 no mark. Ours are of 15.1.
            "bert-bge", 2);

    /** Blocks of 1024 tokens of which some tokenize otherwise: the texts are combining marks alone, which llama.cpp drops and BERT does not. */
    private static final Map<String, Integer> KNOWN_SWEEP_DIFFERENCES = Map.of("bert-bge", 2, "tiny-bert", 1);

    private static final ConformanceReport REPORT = new ConformanceReport();

    @AfterAll
    static void writeReport() throws IOException {
        REPORT.write();
    }

    @TestFactory
    Stream<DynamicTest> agreesWithReference() {
        var data = ReferenceVocabularies.require();
        return Stream.concat(data.objects("vocabs.json").stream(), data.objects("tiny/tiny-vocabs.json").stream())
                .map(vocabulary -> DynamicTest.dynamicTest(
                        vocabulary.get("name").getAsString(), () -> checkVocabulary(data, vocabulary)));
    }

    private static void checkVocabulary(ReferenceVocabularies data, JsonObject vocabulary) throws Exception {
        String name = vocabulary.get("name").getAsString();
        String folder = name.startsWith("tiny-") ? "tiny/" : "cases/";
        Tokenizer tokenizer;
        try (var file = data.gguf(vocabulary.get("file").getAsString())) {
            tokenizer = Tokenizer.of(file.metadata());
        }
        checkFacts(vocabulary, tokenizer);
        var cases = new ReferenceCases(name, tokenizer)
                .tokenize(data.lines(folder + "cases-" + name + ".jsonl"))
                .detokenize(data.lines(folder + "detok-" + name + ".jsonl"))
                .pieces(data.lines(folder + "pieces-" + name + ".jsonl"))
                .malformed(data.lines("cases/invalid-utf8.jsonl").stream()
                        .filter(line -> line.get("vocab").getAsString().equals(name))
                        .toList());
        var sweep = new Sweep(tokenizer, data.lines("sweep.jsonl").stream()
                .filter(line -> line.get("name").getAsString().equals(name))
                .findFirst()
                .orElseThrow());
        sweep.check();
        Count ids = cases.count("ids");
        REPORT.row(
                "Vocabularies",
                List.of("vocabulary", "kind", "texts", "as the original", "not as the original", "detokenized", "pieces", "streamed",
                        "malformed", "blocks of the sweep"),
                List.of(name, vocabulary.get("kind").getAsString(), ids, ids.asOriginal(), ids.otherOriginal(), cases.count("text"),
                        cases.count("pieces"), cases.count("stream"), cases.count("malformed"), sweep.count));
        assertEquals(KNOWN_DIFFERENCES.getOrDefault(name, 0), cases.failures().size(), () -> String.join("\n", cases.failures()));
        assertEquals(KNOWN_SWEEP_DIFFERENCES.getOrDefault(name, 0), sweep.count.total() - sweep.count.same());
    }

    private static void checkFacts(JsonObject vocabulary, Tokenizer tokenizer) {
        assertEquals(vocabulary.get("n_tokens").getAsInt(), tokenizer.vocabularySize());
        assertEquals(vocabulary.get("model").getAsString(), tokenizer.model());
        assertEquals(
                List.of(vocabulary.getAsJsonArray("eog_ids").asList().stream().map(JsonElement::getAsInt).toArray()),
                List.of(tokenizer.endOfGeneration().toArray()));
        var special = vocabulary.getAsJsonObject("special_ids");
        assertEquals(special.has("bos") ? special.get("bos").getAsInt() : -1, tokenizer.bos());
        assertEquals(special.has("eos") ? special.get("eos").getAsInt() : -1, tokenizer.eos());
        assertEquals(vocabulary.get("add_bos").getAsBoolean(), tokenizer.addBos());
        assertEquals(vocabulary.get("add_eos").getAsBoolean(), tokenizer.addEos());
        var expected = new TreeMap<Integer, Integer>();
        vocabulary.getAsJsonObject("attr_counts").entrySet().forEach(e -> expected.put(Integer.parseInt(e.getKey()), e.getValue().getAsInt()));
        var counts = new TreeMap<Integer, Integer>();
        for (int id = 0; id < tokenizer.vocabularySize(); id++) {
            counts.merge(tokenizer.attributes(id), 1, Integer::sum);
        }
        assertEquals(expected, counts);
    }

    @Test
    void agreesWithReferenceUnderEveryPreTokenizerName() {
        var data = ReferenceVocabularies.require();
        var byName = new LinkedHashMap<String, List<JsonObject>>();
        for (JsonObject line : data.lines("tiny/cases-by-pre.jsonl")) {
            String pre = line.get("pre").isJsonNull() ? "" : line.get("pre").getAsString();
            byName.computeIfAbsent(line.get("vocab").getAsString() + ' ' + pre, key -> new ArrayList<>()).add(line);
        }
        var failures = new ArrayList<String>();
        for (var entry : byName.entrySet()) {
            String[] key = entry.getKey().split(" ", 2);
            Tokenizer tokenizer;
            try (var file = data.gguf("tiny/" + key[0] + ".gguf")) {
                tokenizer = Tokenizer.of(new ChangedMetadata(file.metadata(), "tokenizer.ggml.pre", key[1]));
            }
            var cases = new ReferenceCases(entry.getKey(), tokenizer)
                    .tokenize(entry.getValue().stream().filter(line -> line.has("text")).toList())
                    .detokenize(entry.getValue().stream().filter(line -> line.has("detok")).toList());
            failures.addAll(cases.failures());
            REPORT.row(
                    "Pre-tokenizer names",
                    List.of("name", "vocabulary", "texts", "detokenized"),
                    List.of(key[1].isEmpty() ? "(absent)" : key[1], key[0], cases.count("ids"), cases.count("text")));
        }
        assertEquals(0, failures.size(), () -> String.join("\n", failures));
    }

    @Test
    void splitsAsTheReferenceOrTheOriginal() {
        var data = ReferenceVocabularies.require();
        var nameOfRule = new LinkedHashMap<String, String>();
        for (JsonObject name : data.objects("pre/pre-names.json")) {
            nameOfRule.putIfAbsent(name.get("rule").getAsString(), name.get("name").getAsString());
        }
        var counts = new TreeMap<String, Count>();
        var failures = new ArrayList<String>();
        for (JsonObject line : data.lines("pre/pre-splits.jsonl")) {
            String rule = line.get("rule").getAsString();
            List<String> pieces = pieces(nameOfRule.get(rule), line.get("text").getAsString());
            boolean other = line.has("original") || line.has("unicode");
            Count one;
            if (pieces.equals(without(line, "pieces"))) {
                one = new Count(1, 0, other ? 1 : 0, 1);
            } else if (pieces.equals(without(line, "original")) || pieces.equals(without(line, "unicode"))) {
                one = new Count(0, 1, 0, 1);
            } else {
                one = new Count(0, 0, 0, 1);
                failures.add(rule + ": " + line + " but was " + pieces);
            }
            counts.merge(rule, one, Count::plus);
        }
        counts.forEach((rule, count) -> REPORT.row(
                "Rules",
                List.of("rule", "splits", "as the original", "not as the original"),
                List.of(rule, count, count.asOriginal(), count.otherOriginal())));
        assertEquals(0, failures.size(), () -> String.join("\n", failures));
    }

    private static List<String> pieces(String name, String text) {
        var pieces = new ArrayList<String>();
        byte[] padded = Utf8.padded(text);
        PreTokenizer.named(name).orElseThrow().splitter().split(padded, 0, padded.length - Utf8.PADDING, (bytes, from, to) ->
                pieces.add(new String(bytes, from, to - from, java.nio.charset.StandardCharsets.UTF_8)));
        return pieces;
    }

    /** Pieces of a line; empty ones mean nothing. */
    private static List<String> without(JsonObject line, String key) {
        return line.has(key)
                ? Stream.of(ReferenceVocabularies.strings(line.getAsJsonArray(key))).filter(piece -> !piece.isEmpty()).toList()
                : List.of("?", "?");
    }

    @Test
    void knowsTheFlagsOfEveryPreTokenizerName() {
        for (JsonObject name : ReferenceVocabularies.require().objects("pre/pre-names.json")) {
            var flags = PreTokenizer.named(name.get("name").getAsString()).orElseThrow().flags();
            assertEquals(name.get("ignore_merges").getAsBoolean(), flags.ignoreMerges(), name::toString);
            assertEquals(name.get("clean_spaces").getAsBoolean(), flags.cleanSpaces(), name::toString);
            assertEquals(name.get("add_bos").getAsBoolean(), flags.addBos(), name::toString);
            assertEquals(!name.has("default_bos_absent"), flags.bosByDefault(), name::toString);
        }
    }

    @Test
    void characterClassesAreThoseOfUnicode15() {
        JsonObject difference = ReferenceVocabularies.require().object("pre/unicode-java25-diff.json");
        for (JsonElement range : difference.getAsJsonArray("category_ranges")) {
            var bounds = range.getAsJsonArray();
            for (int c = Integer.parseInt(bounds.get(0).getAsString(), 16); c <= Integer.parseInt(bounds.get(1).getAsString(), 16); c++) {
                assertEquals(0, CharacterClasses.of(c), Integer.toHexString(c));
            }
        }
        var spaces = new ArrayList<String>();
        for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            if ((CharacterClasses.of(c) & CharacterClasses.SPACE) != 0) {
                spaces.add(Integer.toHexString(c).toUpperCase(java.util.Locale.ROOT));
            }
        }
        assertEquals(difference.get("whitespace").getAsString(), String.join(" ", spaces));
    }

    /** Whole vocabularies by hashes over blocks of ids. */
    private static final class Sweep {
        private final Tokenizer tokenizer;
        private final JsonObject line;
        private Count count = Count.ZERO;

        Sweep(Tokenizer tokenizer, JsonObject line) {
            this.tokenizer = tokenizer;
            this.line = line;
        }

        void check() throws Exception {
            for (String kind : List.of("attr", "piece_special", "piece_plain", "tokenize")) {
                String[] expected = ReferenceVocabularies.strings(line.getAsJsonArray(kind));
                for (int block = 0; block < expected.length; block++) {
                    int same = hash(kind, block * line.get("block").getAsInt()).equals(expected[block]) ? 1 : 0;
                    count = count.plus(new Count(same, 0, 0, 1));
                }
            }
        }

        private String hash(String kind, int from) throws Exception {
            var digest = MessageDigest.getInstance("SHA-256");
            int to = Math.min(from + line.get("block").getAsInt(), tokenizer.vocabularySize());
            for (int id = from; id < to; id++) {
                if (kind.equals("attr")) {
                    update(digest, tokenizer.attributes(id));
                } else if (!isSkipped(id)) {
                    update(digest, kind, id);
                }
            }
            return HexFormat.of().formatHex(digest.digest(), 0, 4);
        }

        private void update(MessageDigest digest, String kind, int id) {
            if (kind.equals("tokenize")) {
                byte[] piece = tokenizer.piece(id, true);
                if (isUtf8(piece)) {
                    int[] ids = tokenizer.encode(piece, false, false);
                    update(digest, ids.length);
                    for (int found : ids) {
                        update(digest, found);
                    }
                }
            } else {
                byte[] piece = tokenizer.piece(id, kind.equals("piece_special"));
                update(digest, piece.length);
                digest.update(piece);
            }
        }

        private static boolean isUtf8(byte[] bytes) {
            return java.util.Arrays.equals(
                    new String(bytes, java.nio.charset.StandardCharsets.UTF_8).getBytes(java.nio.charset.StandardCharsets.UTF_8), bytes);
        }

        private boolean isSkipped(int id) {
            for (JsonElement range : line.getAsJsonArray("skipped")) {
                if (id >= range.getAsJsonArray().get(0).getAsInt() && id <= range.getAsJsonArray().get(1).getAsInt()) {
                    return true;
                }
            }
            return false;
        }

        private static void update(MessageDigest digest, int value) {
            digest.update(new byte[] {(byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)});
        }
    }
}
