package moka.quantize.checkpoint;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import moka.quantize.QuantizeException;

/** The families that are read, by the names under {@code architectures} in {@code config.json}: a line each. */
final class Families {
    private static final Map<String, Family> BY_ARCHITECTURE = new TreeMap<>(Map.ofEntries(
            Map.entry("LlamaForCausalLM", LlamaFamily.llama()),
            Map.entry("LLaMAForCausalLM", LlamaFamily.llama()),
            Map.entry("MistralForCausalLM", LlamaFamily.mistral()),
            Map.entry("MixtralForCausalLM", LlamaFamily.mixtral()),
            Map.entry("SmolLM3ForCausalLM", LlamaFamily.smolLm3()),
            Map.entry("Qwen2ForCausalLM", new QwenFamily("qwen2")),
            Map.entry("Qwen3ForCausalLM", new QwenFamily("qwen3")),
            Map.entry("Qwen2MoeForCausalLM", new QwenFamily("qwen2moe")),
            Map.entry("Qwen3MoeForCausalLM", new QwenFamily("qwen3moe")),
            Map.entry("GemmaForCausalLM", new GemmaFamily(1)),
            Map.entry("Gemma2ForCausalLM", new GemmaFamily(2)),
            Map.entry("Gemma3ForCausalLM", new GemmaFamily(3)),
            Map.entry("Gemma3ForConditionalGeneration", new GemmaFamily(3)),
            Map.entry("Phi3ForCausalLM", new Phi3Family()),
            Map.entry("PhiForCausalLM", new Phi2Family())));

    private Families() {}

    /** The first family that the configuration names. @throws QuantizeException if none is read */
    static Family of(Configuration config) {
        List<String> names = config.strings("architectures");
        for (String name : names) {
            Family family = BY_ARCHITECTURE.get(name);
            if (family != null) {
                return family;
            }
        }
        String found = names.isEmpty() ? "no architectures" : "architecture '" + String.join("', '", names) + "'";
        throw new QuantizeException(
                "config.json: " + found + ", expected one of " + String.join(", ", BY_ARCHITECTURE.keySet()));
    }
}
