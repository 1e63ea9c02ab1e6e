package moka.fuzz;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** A checkpoint of one narrow layer: a folder as Hugging Face has it, which opens in well under a millisecond. */
final class TinyCheckpoint {
    static final String WEIGHTS = "model.safetensors";
    static final String PIECES = "tokenizer.model";

    private static final int WEIGHT_BYTES = 4096;
    private static final int NORMAL = 1;
    private static final int UNKNOWN = 2;
    private static final int CONTROL = 3;

    private static final String CONFIGURATION = """
            {"architectures": ["LlamaForCausalLM"], "hidden_size": 8, "intermediate_size": 8, "num_attention_heads": 2,
            "num_key_value_heads": 1, "num_hidden_layers": 1, "head_dim": 4, "vocab_size": 8, "rms_norm_eps": 1e-05,
            "max_position_embeddings": 64, "bos_token_id": 6, "eos_token_id": [7],
            "rope_parameters": {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "original_max_position_embeddings": 32}}
            """;
    private static final String TOKENIZER = """
            {"added_tokens": [{"id": 6, "content": "<s>", "special": true}, {"id": 7, "content": "</s>", "special": true}],
            "normalizer": null,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex":
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1,3}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"},
            "behavior": "Isolated", "invert": false}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]},
            "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]},
            "model": {"type": "BPE", "byte_fallback": false, "ignore_merges": true,
            "vocab": {"a": 0, "b": 1, "c": 2, "\u0120": 3, "ab": 4, "\u0120a": 5}, "merges": ["a b", ["\u0120", "a"]]}}
            """;
    private static final String TOKENIZER_CONFIGURATION = """
            {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "tokenizer_class": "LlamaTokenizer", "add_bos_token": true,
            "added_tokens_decoder": {"7": {"content": "</s>", "special": true}}, "chat_template": "{{ messages[0].content }}"}
            """;

    private TinyCheckpoint() {}

    /** A folder with its files, removed when the process ends. */
    static Path write() {
        try {
            Path folder = Files.createTempDirectory("moka-fuzz");
            folder.toFile().deleteOnExit();
            for (Map.Entry<String, byte[]> file : files().entrySet()) {
                Files.write(folder.resolve(file.getKey()), file.getValue()).toFile().deleteOnExit();
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those that are there always: not {@link #PIECES}. */
    static Map<String, byte[]> files() {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("config.json", CONFIGURATION.getBytes(StandardCharsets.UTF_8));
        files.put("tokenizer.json", TOKENIZER.getBytes(StandardCharsets.UTF_8));
        files.put("tokenizer_config.json", TOKENIZER_CONFIGURATION.getBytes(StandardCharsets.UTF_8));
        files.put(WEIGHTS, weights(header()));
        return files;
    }

    /** The header of the weights: JSON. */
    static byte[] header() {
        var tensors = new StringJoiner(", ", "{", "}");
        int[] at = {0};
        tensors.add(tensor("model.embed_tokens.weight", at, 8, 8));
        tensors.add(tensor("model.norm.weight", at, 8));
        for (String norm : List.of("input_layernorm", "post_attention_layernorm")) {
            tensors.add(tensor("model.layers.0." + norm + ".weight", at, 8));
        }
        for (String matrix : List.of("self_attn.q_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")) {
            tensors.add(tensor("model.layers.0." + matrix + ".weight", at, 8, 8));
        }
        for (String matrix : List.of("self_attn.k_proj", "self_attn.v_proj")) {
            tensors.add(tensor("model.layers.0." + matrix + ".weight", at, 4, 8));
        }
        return tensors.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String tensor(String name, int[] at, int... shape) {
        int begin = at[0];
        at[0] += 2 * Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        return "\"" + name + "\": {\"dtype\": \"BF16\", \"shape\": " + Arrays.toString(shape) + ", \"data_offsets\": [" + begin + ", " + at[0] + "]}";
    }

    /** A file of weights with this header, and zeros behind it as far as the sound header needs them. */
    static byte[] weights(byte[] header) {
        return ByteBuffer.allocate(8 + header.length + WEIGHT_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
    }

    /** A model of sentencepiece. */
    static byte[] pieces() {
        var out = new ByteArrayOutputStream();
        piece(out, "<unk>", UNKNOWN);
        piece(out, "<s>", CONTROL);
        piece(out, "</s>", CONTROL);
        for (String text : List.of("\u2581", "a", "b", "ab", "\u2581ab")) {
            piece(out, text, NORMAL);
        }
        out.writeBytes(new byte[] {2 << 3 | 2, 2, 3 << 3, 2}); // what the trainer was told: byte pairs
        return out.toByteArray();
    }

    private static void piece(ByteArrayOutputStream out, String text, int type) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(1 << 3 | 2);
        out.write(bytes.length + 9);
        out.write(1 << 3 | 2);
        out.write(bytes.length);
        out.writeBytes(bytes);
        out.writeBytes(new byte[] {2 << 3 | 5, 0, 0, (byte) 0x80, (byte) 0xbf, 3 << 3, (byte) type}); // score -1
    }
}
