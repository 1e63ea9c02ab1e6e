package moka.engine.grammar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Grammars of random schemas against a validator that knows nothing of grammars. */
class RandomSchemasTest {
    private static final int END = 0; // the token that ends the generation
    private static final int SCHEMAS = 600;
    private static final Gson STRICT = new GsonBuilder().setStrictness(Strictness.STRICT).serializeNulls().create();

    @Test
    void acceptsWhatTheSchemaAcceptsAndNothingElse() {
        SplittableRandom random = new SplittableRandom(21);
        int accepted = 0;
        int refused = 0;
        int unsatisfiable = 0;
        for (int round = 0; round < SCHEMAS; round++) {
            RandomSchemas source = new RandomSchemas(random.split());
            JsonObject schema = source.schema();
            SchemaValidator validator = new SchemaValidator(schema);
            Grammar grammar = null;
            try {
                grammar = Grammar.ofJsonSchema(schema.toString());
            } catch (UnsatisfiableException e) {
                unsatisfiable++;
            }
            for (int i = 0; i < 20; i++) {
                JsonElement value = source.value(schema);
                String text = source.write(value);
                boolean expected = validator.accepts(value);
                boolean found = grammar != null && grammar.accepts(text);
                assertEquals(expected, found, () -> schema + "\n" + text);
                accepted += expected ? 1 : 0;
                refused += expected ? 0 : 1;
            }
        }
        System.out.println("random schemas: " + (accepted + refused) + " texts judged alike (" + accepted + " accepted), " + unsatisfiable
                + " of " + SCHEMAS + " schemas that nothing satisfies");
        assertTrue(accepted > SCHEMAS && refused > SCHEMAS, accepted + " accepted, " + refused + " refused");
        assertTrue(unsatisfiable < SCHEMAS / 3, "unsatisfiable " + unsatisfiable);
    }

    @Test
    void whatIsGeneratedParsesAndSatisfiesTheSchema() {
        SplittableRandom random = new SplittableRandom(22);
        TokenVocabulary vocabulary = vocabulary();
        int finished = 0;
        for (int round = 0; round < SCHEMAS; round++) {
            JsonObject schema = new RandomSchemas(random.split()).schema();
            Grammar grammar;
            try {
                grammar = Grammar.ofJsonSchema(schema.toString());
            } catch (UnsatisfiableException e) {
                continue;
            }
            String text = generate(grammar, vocabulary, random);
            if (text.isEmpty()) {
                continue; // not ended in time
            }
            finished++;
            JsonElement value = parse(text);
            assertTrue(new SchemaValidator(schema).accepts(value), () -> schema + "\n" + text);
        }
        System.out.println("random schemas: " + finished + " random answers parse and satisfy them");
        assertTrue(finished > SCHEMAS / 2, "finished " + finished);
    }

    private static JsonElement parse(String text) {
        try {
            return STRICT.fromJson(text, JsonElement.class);
        } catch (JsonParseException e) {
            throw new AssertionError("no JSON: " + text, e);
        }
    }

    /** A random answer; something is allowed before each token; empty where it did not end. */
    private static String generate(Grammar grammar, TokenVocabulary vocabulary, SplittableRandom random) {
        GrammarConstraint constraint = new TokenGrammar(grammar, vocabulary).newConstraint();
        var written = new ByteArrayOutputStream();
        for (int step = 0; step < 400; step++) {
            int[] allowed = bits(constraint.mask(), vocabulary);
            assertTrue(allowed.length > 0, () -> "nothing is allowed after " + written);
            int token = choose(allowed, vocabulary, random);
            assertTrue(constraint.accept(token));
            if (token == END) {
                assertTrue(grammar.accepts(written.toString(StandardCharsets.UTF_8)));
                assertArrayEquals(new int[] {END}, bits(constraint.mask(), vocabulary));
                return written.toString(StandardCharsets.UTF_8);
            }
            written.writeBytes(vocabulary.piece(token));
        }
        return "";
    }

    /** The end where it may come; often a character that closes something, so that answers end. */
    private static int choose(int[] allowed, TokenVocabulary vocabulary, SplittableRandom random) {
        List<Integer> closing = new ArrayList<>();
        for (int token : allowed) {
            byte[] piece = vocabulary.piece(token);
            if (token == END || (piece.length == 1 && "\"]}".indexOf(piece[0]) >= 0)) {
                closing.add(token);
            }
        }
        boolean close = !closing.isEmpty() && random.nextInt(3) == 0;
        return close ? closing.get(random.nextInt(closing.size())) : allowed[random.nextInt(allowed.length)];
    }

    private static int[] bits(long[] mask, TokenVocabulary vocabulary) {
        return java.util.stream.IntStream.range(0, vocabulary.size())
                .filter(token -> (mask[token >> 6] >> token & 1) != 0)
                .toArray();
    }

    /** All bytes, and pieces that JSON texts are made of. */
    private static TokenVocabulary vocabulary() {
        List<byte[]> pieces = new ArrayList<>(List.of(new byte[0]));
        for (int value = 0; value < 256; value++) {
            pieces.add(new byte[] {(byte) value});
        }
        List<String> parts = List.of("{\"", "\":", "\": ", "\",", ", \"", "}}", "]}", "[]", "{}", "true", "null", "fal", "se,", "ab", "abc", "12",
                "-", "0.", "e", "e+", "\\u", "\\\"", "\\n", "00e9", "é", "🙂", "a\":", "b\": \"", "c", "d\"", " ", "  ", "\n", "1,", "2]", "x1");
        parts.forEach(part -> pieces.add(part.getBytes(StandardCharsets.UTF_8)));
        return TokenVocabulary.of(pieces.toArray(byte[][]::new), Set.of(END));
    }
}
