package moka.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import moka.gguf.Metadata;
import moka.gguf.MetadataValue;
import moka.gguf.ValueType;

/** Vocabularies that no trainer made: with every part of the format right, wrong, or right but absurd. */
final class RandomVocabulary {
    private static final List<String> SPECIAL = List.of(
            "<s>", "</s>", "<unk>", "<|im_end|>", "<|channel|>", "<|end|>", "<|call|>", "<|return|>", "[PAD]", "<mask>", "<dna>", "</dna>",
            "<oov>", "<|tool_response>", "<0x0A>", "<0xZZ>", "<0x", "", " ", "\n", "▁", "▁▁", "\\x", "\\xZ", "\\", "Ġ", "\uFFFD", "\uE000");
    private static final List<String> PRE = List.of(
            "default", "llama-bpe", "qwen2", "gpt-4o", "kimi-k2", "afmoe", "tiny_aya", "jais-2", "superbpe", "deepseek-llm", "chameleon",
            "exaone-moe", "youtu", "whitespace", "sarvam-moe", "gemma4", "minicpm5", "poro-chat", "viking", "spark2_5", "no-such", "");

    private RandomVocabulary() {}

    static Metadata of(String kind, SplittableRandom random) {
        int size = 1 + random.nextInt(random.nextInt(4) == 0 ? 400 : 40);
        var texts = new ArrayList<String>();
        if (random.nextInt(3) == 0) {
            for (int b = 0; b < 256; b++) {
                texts.add(String.format(kind.equals("rwkv") ? "\\x%02x" : "<0x%02X>", b));
            }
        }
        for (int i = 0; i < size; i++) {
            texts.add(tokenText(random, texts));
        }
        var builder = Metadata.builder("random.gguf").set("tokenizer.ggml.model", kind);
        builder.set("tokenizer.ggml.tokens", raw(texts, random));
        if (random.nextInt(8) != 0) {
            var types = new long[texts.size() - random.nextInt(random.nextInt(20) == 0 ? texts.size() : 1)];
            for (int i = 0; i < types.length; i++) {
                types[i] = random.nextInt(10) == 0 ? random.nextInt(-2, 9) : texts.get(i).startsWith("<0x") ? 6 : 1 + random.nextInt(4) / 3;
            }
            builder.set("tokenizer.ggml.token_type", MetadataValue.integers(ValueType.INT32, types));
        }
        if (random.nextInt(8) != 0) {
            var scores = new float[texts.size() - random.nextInt(random.nextInt(20) == 0 ? texts.size() : 1)];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = score(random);
            }
            builder.set("tokenizer.ggml.scores", MetadataValue.floats(scores));
        }
        if (random.nextInt(10) != 0) {
            builder.setStrings("tokenizer.ggml.merges", merges(random, texts));
        }
        String pre = PRE.get(random.nextInt(PRE.size()));
        if (!pre.isEmpty()) {
            builder.set("tokenizer.ggml.pre", pre);
        }
        for (String name : List.of("bos", "eos", "eot", "eom", "unknown", "seperator", "padding", "mask", "fim_pad")) {
            if (random.nextInt(3) == 0) {
                long id = random.nextInt(10) == 0 ? random.nextLong() & 0xFFFFFFFFL : random.nextInt(texts.size());
                builder.set("tokenizer.ggml." + name + "_token_id", MetadataValue.uint32(id));
            }
        }
        for (String name : List.of("add_bos_token", "add_eos_token", "add_space_prefix", "remove_extra_whitespaces", "normalizer.lowercase")) {
            if (random.nextInt(2) == 0) {
                builder.set("tokenizer.ggml." + name, random.nextInt(2) == 0);
            }
        }
        return builder.build();
    }

    /** The texts in UTF-8, some of them damaged. */
    private static RawStrings raw(List<String> texts, SplittableRandom random) {
        var raw = new ArrayList<byte[]>();
        for (String text : texts) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0 && random.nextInt(12) == 0) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            } else if (random.nextInt(12) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            }
            raw.add(bytes);
        }
        return new RawStrings(raw);
    }

    /** A good vocabulary with tokens that are the first and the last two bytes of three. */
    static Metadata withPartialCharacters(String kind) {
        Metadata good = SmallVocabulary.of(kind).metadata();
        var raw = new ArrayList<byte[]>();
        for (String text : good.requireArray("tokenizer.ggml.tokens").strings()) {
            raw.add(text.getBytes(StandardCharsets.UTF_8));
        }
        raw.set(raw.size() - 1, new byte[] {(byte) 0xE4});
        raw.set(raw.size() - 2, new byte[] {(byte) 0xE4, (byte) 0xB8});
        return good.toBuilder().set("tokenizer.ggml.tokens", new RawStrings(raw)).build();
    }

    private static String tokenText(SplittableRandom random, List<String> before) {
        return switch (random.nextInt(9)) {
            case 0 -> SPECIAL.get(random.nextInt(SPECIAL.size()));
            case 1 -> before.isEmpty() ? "a" : before.get(random.nextInt(before.size()));
            case 2 -> before.isEmpty() ? "b" : before.get(random.nextInt(before.size())) + before.get(random.nextInt(before.size()));
            case 3 -> unicode(random, 1 + random.nextInt(6));
            case 4 -> "▁" + (char) random.nextInt('a', 'e');
            case 5 -> "a".repeat(1 + random.nextInt(50));
            default -> {
                var text = new StringBuilder();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    text.append((char) random.nextInt('a', 'e'));
                }
                yield text.toString();
            }
        };
    }

    private static List<String> merges(SplittableRandom random, List<String> texts) {
        var merges = new ArrayList<String>();
        for (int i = random.nextInt(60); i > 0; i--) {
            String left = texts.get(random.nextInt(texts.size()));
            String right = texts.get(random.nextInt(texts.size()));
            merges.add(switch (random.nextInt(8)) {
                case 0 -> left + right;
                case 1 -> left + "  " + right;
                case 2 -> " " + left;
                case 3 -> left + " ";
                default -> left + " " + right;
            });
        }
        return merges;
    }

    private static float score(SplittableRandom random) {
        return switch (random.nextInt(12)) {
            case 0 -> Float.NaN;
            case 1 -> Float.POSITIVE_INFINITY;
            case 2 -> Float.NEGATIVE_INFINITY;
            case 3 -> 1e38f;
            case 4 -> -1e38f;
            case 5 -> 0;
            default -> random.nextInt(-50, 5) / 4f;
        };
    }

    /** Any value, of any type. */
    static MetadataValue value(SplittableRandom random) {
        return switch (random.nextInt(9)) {
            case 0 -> MetadataValue.of("nonsense");
            case 1 -> MetadataValue.of(true);
            case 2 -> MetadataValue.uint32(random.nextInt(5));
            case 3 -> MetadataValue.of(ValueType.INT64, -5);
            case 4 -> MetadataValue.float32(Float.NaN);
            case 5 -> MetadataValue.strings(List.of());
            case 6 -> MetadataValue.strings(List.of("a", "b", "a b", ""));
            case 7 -> MetadataValue.integers(ValueType.INT32, 1, -1, 1 << 30);
            default -> MetadataValue.arrays(List.of(MetadataValue.floats(1), MetadataValue.strings(List.of("x"))));
        };
    }

    /** A text that is likely to meet the vocabulary's tokens; bytes that need not be UTF-8. */
    static byte[] text(SplittableRandom random, Metadata metadata) {
        var text = new StringBuilder();
        var tokens = metadata.array("tokenizer.ggml.tokens").filter(array -> array.elementType() == ValueType.STRING && array.size() > 0);
        for (int i = random.nextInt(30); i > 0; i--) {
            switch (random.nextInt(5)) {
                case 0 -> text.append(unicode(random, random.nextInt(5)));
                case 1 -> text.append(SPECIAL.get(random.nextInt(SPECIAL.size())));
                case 2 -> text.repeat('a', random.nextInt(random.nextInt(20) == 0 ? 3000 : 30));
                default -> text.append(tokens.map(array -> array.strings()[random.nextInt(array.size())]).orElse("a"));
            }
        }
        byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
        for (int i = random.nextInt(3); i > 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    /** Random characters of an alphabet. */
    static String word(SplittableRandom random, String alphabet, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append(alphabet.charAt(random.nextInt(alphabet.length())));
        }
        return text.toString();
    }

    /** Random characters of all planes, some of them of each class that rules ask for. */
    static String unicode(SplittableRandom random, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            int c = switch (random.nextInt(6)) {
                case 0 -> random.nextInt(128);
                case 1 -> random.nextInt(0x80, 0x800);
                case 2 -> random.nextInt(0x3000, 0xA000);
                case 3 -> random.nextInt(0x1F300, 0x1FA00);
                case 4 -> " \n\r\t'.,019\u0301\u3000\u0085Ǆªⅷ".codePointAt(random.nextInt(16));
                default -> random.nextInt(0x110000);
            };
            text.appendCodePoint(c >= 0xD800 && c < 0xE000 ? 'x' : c);
        }
        return text.toString();
    }
}
