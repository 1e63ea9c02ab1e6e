package moka.quantize.checkpoint;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import moka.quantize.QuantizeException;
import org.jspecify.annotations.Nullable;

/**
 * Names the way in which a {@code tokenizer.json} cuts text, as {@code tokenizer.ggml.pre} has it. A name stands for a list of regular
 * expressions, each cutting the pieces of the one before; here they are as published tokenizers write them.
 */
final class PreTokenizerNames {
    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final String CASED = "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+";
    private static final String CASED_UPPER = "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*";
    private static final String ENDS = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String CJK = "[一-龥\u3040-ゟ゠-ヿ]+";
    private static final String DEEPSEEK_WORDS = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
            + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*" + ENDS;

    private static final Map<List<String>, String> NAMES = Map.ofEntries(
            Map.entry(List.of(GPT2), "gpt-2"),
            Map.entry(List.of("\\p{N}", GPT2), "starcoder"),
            Map.entry(List.of(words("\\p{N}{1,3}")), "llama-bpe"),
            Map.entry(List.of(words("\\p{N}")), "qwen2"),
            Map.entry(
                    List.of(CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*" + ENDS),
                    "qwen35"),
            Map.entry(
                    List.of(CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+" + ENDS), "seed-coder"),
            Map.entry(List.of("\\p{N}{1,3}", words("\\p{N}+")), "minicpm5"),
            Map.entry(List.of(CASED + CASED_UPPER + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + ENDS), "tekken"),
            Map.entry(
                    List.of(CASED + CONTRACTIONS + "?" + CASED_UPPER + CONTRACTIONS + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + ENDS),
                    "gpt-4o"),
            Map.entry(List.of("\\p{N}{1,3}", CJK, DEEPSEEK_WORDS), "deepseek-v3"),
            Map.entry(
                    List.of("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[一-龥ࠀ-一가-\uD7FF]+", "\\p{N}"), "deepseek-coder"));

    private PreTokenizerNames() {}

    /** Llama 3's expression with another one for digits. */
    private static String words(String digits) {
        return CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" + digits + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*" + ENDS;
    }

    /** @throws QuantizeException that shows the expressions if no name stands for them */
    static String of(TokenizerFile file) {
        List<String> expressions = new ArrayList<>();
        collect(file.name(), file.preTokenizer(), expressions);
        String name = NAMES.get(expressions);
        if (expressions.size() > 4 && expressions.get(1).startsWith("\\s?[A-Za-zµÀ-Ö")) {
            // The letters with case of DeepSeek's first tokenizer, written out.
            return "deepseek-llm";
        }
        if (name == null) {
            String shown = expressions.isEmpty() ? "nothing" : expressions.stream().collect(Collectors.joining("' then '", "'", "'"));
            throw new QuantizeException(file.name() + ": pre_tokenizer cuts text by " + shown + ", expected one of the published ways");
        }
        // Names differ also in whether a piece that is a token needs merges.
        return name.equals("llama-bpe") && !file.ignoreMerges() ? "smaug-bpe" : name;
    }

    private static void collect(String file, Map<String, Object> step, List<String> expressions) {
        if (step.isEmpty()) {
            return;
        }
        String type = String.valueOf(step.get("type"));
        switch (type) {
            case "Sequence" -> {
                if (step.get("pretokenizers") instanceof List<?> list) {
                    for (Object part : list) {
                        collect(file, object(part), expressions);
                    }
                }
            }
            case "Split" -> expressions.add(split(file, step));
            case "Digits" -> expressions.add(Boolean.TRUE.equals(step.get("individual_digits")) ? "\\p{N}" : "\\p{N}+");
            case "ByteLevel" -> {
                if (!Boolean.FALSE.equals(step.get("use_regex"))) {
                    expressions.add(GPT2);
                }
                if (Boolean.TRUE.equals(step.get("add_prefix_space"))) {
                    throw new QuantizeException(file + ": pre_tokenizer puts a space before the text, which is not supported");
                }
            }
            default ->
                throw new QuantizeException(file + ": pre_tokenizer has a step '" + type + "', expected Sequence, Split, Digits or ByteLevel");
        }
    }

    private static String split(String file, Map<String, Object> step) {
        Object regex = object(step.get("pattern")).get("Regex");
        boolean usual = "Isolated".equals(step.get("behavior")) && !Boolean.TRUE.equals(step.get("invert"))
                || "Removed".equals(step.get("behavior")) && Boolean.TRUE.equals(step.get("invert"));
        if (!(regex instanceof String expression) || !usual) {
            throw new QuantizeException(file + ": pre_tokenizer has a Split other than by the matches of a regular expression");
        }
        return expression.replace("\r", "\\r").replace("\n", "\\n");
    }

    @SuppressWarnings("unchecked") // the trees of JsonFile have strings as keys
    private static Map<String, Object> object(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }
}
