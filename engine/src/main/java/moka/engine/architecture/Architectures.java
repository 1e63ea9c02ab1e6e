package moka.engine.architecture;

import java.util.List;
import moka.engine.EngineException;

/** The families that work: one line each. */
public final class Architectures {
    private static final List<Architecture> ALL = List.of(
            new Afmoe(),
            new Apertus(),
            new Arcee(),
            new Bert(),
            new BitNet(),
            new Bloom(),
            new ChatGlm(),
            new Cohere2(),
            new CommandR(),
            new Dbrx(),
            new DeepSeek2(),
            new Dots1(),
            new Ernie45Moe(),
            new Exaone(),
            new Exaone4(),
            new ExaoneMoe(),
            new Falcon(),
            new FalconH1(),
            new Gemma(),
            new Gemma2(),
            new Gemma3(),
            new Gemma3n(),
            new Gemma4(),
            new Glm4(),
            new Glm4Moe(),
            new Gpt2(),
            new GptNeoX(),
            new GptOss(),
            new Granite(),
            new GraniteHybrid(),
            new HunyuanDense(),
            new HunyuanMoe(),
            new Jamba(),
            new KimiLinear(),
            new Lfm2(),
            new Llama(),
            new Llama4(),
            new Mamba(),
            new Mellum(),
            new MiMo2(),
            new MiniCpm3(),
            new MiniMaxM2(),
            new Mistral3(),
            new ModernBert(),
            new Mpt(),
            new Nemotron(),
            new NemotronH(),
            new Olmo(),
            new Olmo2(),
            new Olmoe(),
            new Phi2(),
            new Phi3(),
            new PhiMoe(),
            new Qwen2(),
            new Qwen2Moe(),
            new Qwen3(),
            new Qwen3Moe(),
            new Qwen3Next(),
            new SeedOss(),
            new SmolLm3(),
            new StableLm(),
            new StarCoder2());

    private Architectures() {}

    /** {@code general.architecture} of all families that work. */
    public static List<String> names() {
        return ALL.stream().flatMap(it -> it.names().stream()).sorted().toList();
    }

    /** The family of a name. @throws EngineException with the list of those that work */
    public static Architecture of(String file, String name) {
        return ALL.stream()
                .filter(it -> it.names().contains(name))
                .findFirst()
                .orElseThrow(() -> new EngineException(file + ": unknown architecture '" + name + "'; known: "
                        + String.join(", ", names())));
    }
}
