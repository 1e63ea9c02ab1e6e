package moka.tokenizer;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import moka.tokenizer.ConformanceReport.Count;

/** Holds a tokenizer to lines of the reference data, counts what agrees and keeps what does not. */
final class ReferenceCases {
    private final String name;
    private final Tokenizer tokenizer;
    private final List<String> failures = new ArrayList<>();
    private final Map<String, Count> counts = new TreeMap<>();

    ReferenceCases(String name, Tokenizer tokenizer) {
        this.name = name;
        this.tokenizer = tokenizer;
    }

    List<String> failures() {
        return failures;
    }

    /** How many cases of a kind agree: ids, text, pieces, stream, malformed. */
    Count count(String kind) {
        return counts.getOrDefault(kind, Count.ZERO);
    }

    /** Ids of texts. Where the model's original tokenizer is known to give other ids, those are right too. */
    ReferenceCases tokenize(List<JsonObject> lines) {
        int same = 0;
        int asOriginal = 0;
        int otherOriginal = 0;
        for (JsonObject line : lines) {
            boolean addSpecial = line.get("add_special").getAsBoolean();
            int[] ids = tokenizer.encode(line.get("text").getAsString(), addSpecial, line.get("parse_special").getAsBoolean());
            if (Arrays.equals(ids, ReferenceVocabularies.ids(line.getAsJsonArray("ids")))) {
                same++;
                otherOriginal += line.has("other_ids") ? 1 : 0;
            } else if (line.has("other_ids") && isFramed(ids, ReferenceVocabularies.ids(line.getAsJsonArray("other_ids")), addSpecial)) {
                asOriginal++;
            } else {
                fail("ids", line, Arrays.toString(ids));
            }
        }
        counts.put("ids", new Count(same, asOriginal, otherOriginal, lines.size()));
        return this;
    }

    /** Whether the ids are those of the core of a text with what the tokenizer puts around it. */
    private boolean isFramed(int[] ids, int[] core, boolean framed) {
        int[] frame = framed ? tokenizer.encode("", true, false) : new int[0];
        for (int before = 0; before <= frame.length; before++) {
            var expected = new int[frame.length + core.length];
            System.arraycopy(frame, 0, expected, 0, before);
            System.arraycopy(core, 0, expected, before, core.length);
            System.arraycopy(frame, before, expected, before + core.length, frame.length - before);
            if (Arrays.equals(ids, expected)) {
                return true;
            }
        }
        return false;
    }

    /** Text of ids with all flags. */
    ReferenceCases detokenize(List<JsonObject> lines) {
        int same = 0;
        for (JsonObject line : lines) {
            byte[] bytes = tokenizer.decodeToBytes(
                    ReferenceVocabularies.ids(line.getAsJsonArray("ids")),
                    line.get("remove_special").getAsBoolean(),
                    line.get("unparse_special").getAsBoolean());
            byte[] expected = line.has("hex")
                    ? HexFormat.of().parseHex(line.get("hex").getAsString())
                    : line.get(line.has("detok") ? "detok" : "text").getAsString().getBytes(StandardCharsets.UTF_8);
            if (Arrays.equals(bytes, expected)) {
                same++;
            } else {
                fail("text", line, new String(bytes, StandardCharsets.UTF_8));
            }
        }
        counts.put("text", new Count(same, 0, 0, lines.size()));
        return this;
    }

    /** Bytes of every token, and what a streaming decoder gives for each. */
    ReferenceCases pieces(List<JsonObject> lines) {
        int samePieces = 0;
        int sameStreams = 0;
        for (JsonObject line : lines) {
            boolean special = line.get("special").getAsBoolean();
            var pieces = new ArrayList<String>();
            var stream = new ArrayList<String>();
            var decoder = tokenizer.newStreamingDecoder(special);
            for (int id : ReferenceVocabularies.ids(line.getAsJsonArray("ids"))) {
                pieces.add(HexFormat.of().formatHex(tokenizer.piece(id, special)));
                stream.add(decoder.accept(id));
            }
            if (pieces.equals(List.of(ReferenceVocabularies.strings(line.getAsJsonArray("pieces_hex"))))) {
                samePieces++;
            } else {
                fail("pieces", line, pieces.toString());
            }
            if (!line.has("stream") || stream.equals(List.of(ReferenceVocabularies.strings(line.getAsJsonArray("stream"))))) {
                sameStreams++;
            } else {
                fail("stream", line, stream.toString());
            }
        }
        counts.put("pieces", new Count(samePieces, 0, 0, lines.size()));
        counts.put("stream", new Count(sameStreams, 0, 0, lines.size()));
        return this;
    }

    /** Ids of bytes that are not UTF-8. */
    ReferenceCases malformed(List<JsonObject> lines) {
        int same = 0;
        for (JsonObject line : lines) {
            int[] ids = tokenizer.encode(HexFormat.of().parseHex(line.get("hex").getAsString()), false, false);
            if (Arrays.equals(ids, ReferenceVocabularies.ids(line.getAsJsonArray("ids")))) {
                same++;
            } else {
                fail("ids of bytes", line, Arrays.toString(ids));
            }
        }
        counts.put("malformed", new Count(same, 0, 0, lines.size()));
        return this;
    }

    private void fail(String what, JsonObject line, String found) {
        failures.add(name + " " + what + ": " + line + " but was " + found);
    }
}
