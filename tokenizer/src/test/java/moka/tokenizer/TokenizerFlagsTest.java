package moka.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the keys of a file decide, each on its own. */
class TokenizerFlagsTest {
    static List<String> kinds() {
        return SmallVocabulary.KINDS;
    }

    @Test
    void addsBosAndEosAsTheFileAsks() {
        for (boolean bos : new boolean[] {false, true}) {
            for (boolean eos : new boolean[] {false, true}) {
                var small = SmallVocabulary.of("gpt2").flag("add_bos_token", bos).flag("add_eos_token", eos);
                Tokenizer tokenizer = small.tokenizer();
                var expected = new IdBuffer(3);
                if (bos) {
                    expected.add(small.idOf("<|begin|>"));
                }
                expected.add(small.idOf("hello"));
                if (eos) {
                    expected.add(small.idOf("<|end_of_text|>"));
                }
                assertArrayEquals(expected.toArray(), tokenizer.encode("hello", true, false));
                assertArrayEquals(new int[] {small.idOf("hello")}, tokenizer.encode("hello", false, false));
                assertEquals(bos, tokenizer.addBos());
                assertEquals(eos, tokenizer.addEos());
            }
        }
    }

    @Test
    void putsNothingAroundTextWhereTheFileHasNoSuchToken() {
        var small = SmallVocabulary.of("rwkv").flag("add_bos_token", true);
        assertArrayEquals(new int[] {small.idOf("hello")}, small.tokenizer().encode("hello", true, false));
    }

    @Test
    void bertAlwaysHasItsFrame() {
        var small = SmallVocabulary.of("bert").flag("add_bos_token", false);
        assertArrayEquals(
                new int[] {small.idOf("[CLS]"), small.idOf("▁hello"), small.idOf("[SEP]")},
                small.tokenizer().encode("hello", true, false));
    }

    @Test
    void putsASpaceBeforeTextUnlessTheFileForbidsIt() {
        var with = SmallVocabulary.of("llama").add("▁hello", 1).add("▁h", 1).add("▁hell", 1).add("▁he", 1);
        int[] ids = with.tokenizer().encode("hello", false, false);
        assertEquals("▁", with.tokenizer().text(ids[0]).substring(0, 1));
        assertEquals("hello", with.tokenizer().decode(ids, false, false));
        var without = SmallVocabulary.of("llama").flag("add_space_prefix", false);
        assertArrayEquals(new int[] {without.idOf("hello")}, without.tokenizer().encode("hello", false, false));
        assertEquals(" hello", without.tokenizer().decode(without.tokenizer().encode(" hello", false, false), false, false));
    }

    @Test
    void mergesSpacesWhereTheFileAsks() {
        Tokenizer merging = SmallVocabulary.of("t5").flag("remove_extra_whitespaces", true).flag("add_eos_token", false).tokenizer();
        assertEquals(" hello h", merging.decode(merging.encode("  hello   h  ", false, false), false, false));
        Tokenizer keeping = SmallVocabulary.of("t5").flag("add_eos_token", false).tokenizer();
        assertEquals("  hello   h  ", keeping.decode(keeping.encode("  hello   h  ", false, false), false, false));
    }

    @Test
    void writesSpacesAsTheVocabularyDoes() {
        var gemma = SmallVocabulary.of("gemma4");
        assertArrayEquals(
                new int[] {gemma.idOf("h"), gemma.idOf("▁"), gemma.idOf("h")}, gemma.tokenizer().encode("h h", false, false));
        var gpt2 = SmallVocabulary.of("gpt2");
        assertArrayEquals(new int[] {gpt2.idOf("h"), gpt2.idOf("Ġ"), gpt2.idOf("h")}, gpt2.tokenizer().encode("h h", false, false));
    }

    @Test
    void missingPreTokenizerWarnsOnceByName() {
        assertEquals(
                List.of("'tokenizer.ggml.pre' is missing: text is split by the rule 'default', answers may be worse than they should be"),
                SmallVocabulary.of("gpt2").tokenizer().warnings());
    }

    @Test
    void unknownPreTokenizerWarnsOnceByName() {
        var small = SmallVocabulary.of("gpt2").set("tokenizer.ggml.pre", "no-such-model");
        List<String> warnings = small.tokenizer().warnings();
        assertEquals(1, warnings.size());
        assertTrue(warnings.getFirst().contains("'no-such-model'"), warnings::toString);
        assertArrayEquals(
                SmallVocabulary.of("gpt2").set("tokenizer.ggml.pre", "default").tokenizer().encode("it's 12345", false, false),
                small.tokenizer().encode("it's 12345", false, false));
    }

    @Test
    void knownPreTokenizerDoesNotWarn() {
        assertEquals(List.of(), SmallVocabulary.of("gpt2").set("tokenizer.ggml.pre", "qwen2").tokenizer().warnings());
    }

    @Test
    void unknownModelIsRefusedByName() {
        var failure = assertThrows(TokenizerException.class, () -> SmallVocabulary.of("word2vec").tokenizer());
        assertTrue(failure.getMessage().startsWith("small.gguf: 'tokenizer.ggml.model' is 'word2vec', expected gpt2, llama"), failure::toString);
    }

    @Test
    void idsOutsideOfTheVocabularyAreIgnoredWithAWarning() {
        Tokenizer tokenizer = SmallVocabulary.of("llama").id("eos", 4_000_000_000L).tokenizer();
        assertEquals(
                List.of("'tokenizer.ggml.eos_token_id' is 4000000000 but the vocabulary has " + tokenizer.vocabularySize()
                        + " tokens: ignored"),
                tokenizer.warnings());
        assertEquals(2, tokenizer.eos(), "the id of the kind by default");
    }

    @Test
    void tokensThatEndATurnAreKnownByTheirTexts() {
        var small = SmallVocabulary.of("gpt2").add("<|im_end|>", 1).add("<|eom_id|>", SmallVocabulary.USER_DEFINED).add("<|im_start|>", 3);
        Tokenizer tokenizer = small.tokenizer();
        assertEquals(
                Set.of(small.idOf("<|end_of_text|>"), small.idOf("<|im_end|>"), small.idOf("<|eom_id|>")), tokenizer.endOfGeneration());
        assertTrue(tokenizer.isControl(small.idOf("<|im_end|>")), "the file calls it normal");
        assertFalse(tokenizer.isEndOfGeneration(small.idOf("<|im_start|>")));
        assertEquals(0, tokenizer.piece(small.idOf("<|im_end|>"), false).length);
    }

    @Test
    void namedEndsOfTurnAndMessageEndTheGeneration() {
        var small = SmallVocabulary.of("gpt2").add("[turn]", 3).add("[message]", 3);
        small.id("eot", small.idOf("[turn]")).id("eom", small.idOf("[message]"));
        assertTrue(small.tokenizer().isEndOfGeneration(small.idOf("[turn]")));
        assertTrue(small.tokenizer().isEndOfGeneration(small.idOf("[message]")));
    }

    @Test
    void harmonyMessagesDoNotEndTheGeneration() {
        var small = SmallVocabulary.of("gpt2").add("<|return|>", 3).add("<|call|>", 3).add("<|end|>", 3).add("<|channel|>", 3);
        Tokenizer tokenizer = small.tokenizer();
        assertFalse(tokenizer.isEndOfGeneration(small.idOf("<|end|>")));
        assertTrue(tokenizer.isEndOfGeneration(small.idOf("<|call|>")));
        assertFalse(tokenizer.isControl(small.idOf("<|channel|>")), "shown, so that channels can be told apart");
        assertTrue(SmallVocabulary.of("gpt2").add("<|end|>", 3).tokenizer().isEndOfGeneration(small.idOf("<|end|>") - 2));
    }

    @Test
    void suppressedTokensAreThoseOfTheFileThatExist() {
        Tokenizer tokenizer = SmallVocabulary.of("gpt2")
                .set("tokenizer.ggml.suppress_tokens", MetadataValue.integers(ValueType.INT32, 7, -1, 5, 1_000_000, 7))
                .tokenizer();
        assertEquals(Set.of(5, 7), tokenizer.suppressed());
        assertEquals(Set.of(), SmallVocabulary.of("gpt2").tokenizer().suppressed());
    }

    @Test
    void controlTokensAreHiddenAndUserDefinedOnesShown() {
        var small = SmallVocabulary.of("gpt2").add("<tool>", SmallVocabulary.USER_DEFINED).add("<think>", SmallVocabulary.CONTROL);
        Tokenizer tokenizer = small.tokenizer();
        int[] ids = {small.idOf("<think>"), small.idOf("hello"), small.idOf("<tool>")};
        assertEquals("hello<tool>", tokenizer.decode(ids, false, false));
        assertEquals("<think>hello<tool>", tokenizer.decode(ids, false, true));
        assertArrayEquals(new int[] {small.idOf("<tool>")}, tokenizer.encode("<tool>", false, false));
        assertArrayEquals(new int[] {small.idOf("<think>")}, tokenizer.encode("<think>", false, true));
    }

    @Test
    void byteTokensStandForTheirBytes() {
        var small = SmallVocabulary.of("llama");
        int[] ids = small.tokenizer().encode("é", false, false);
        assertArrayEquals(new int[] {small.idOf("▁"), small.idOf("<0xC3>"), small.idOf("<0xA9>")}, ids);
        assertEquals("é", small.tokenizer().decode(ids, false, false));
        var stream = small.tokenizer().newStreamingDecoder(false);
        assertEquals(List.of(" ", "", "é"), List.of(stream.accept(ids[0]), stream.accept(ids[1]), stream.accept(ids[2])));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void refusesIdsThatDoNotExist(String kind) {
        Tokenizer tokenizer = SmallVocabulary.of(kind).tokenizer();
        int size = tokenizer.vocabularySize();
        var failure = assertThrows(TokenizerException.class, () -> tokenizer.piece(size, false));
        assertEquals("token " + size + " does not exist: the vocabulary has the ids 0 to " + (size - 1), failure.getMessage());
        assertThrows(TokenizerException.class, () -> tokenizer.decode(new int[] {0, -1}, false, false));
        assertThrows(TokenizerException.class, () -> tokenizer.newStreamingDecoder(false).accept(size));
    }
}
