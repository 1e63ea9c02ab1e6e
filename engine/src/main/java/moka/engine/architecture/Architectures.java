package moka.engine.architecture;

import java.util.List;
import java.util.stream.Collectors;
import moka.engine.EngineException;

/** The families that work: one line each. */
public final class Architectures {
    private static final List<Architecture> ALL = List.of(
            new Apertus(),
            new Arcee(),
            new BitNet(),
            new Bloom(),
            new ChatGlm(),
            new Cohere2(),
            new CommandR(),
            new Exaone(),
            new Exaone4(),
            new Falcon(),
            new Gemma(),
            new Gemma2(),
            new Gemma3(),
            new Glm4(),
            new Gpt2(),
            new GptNeoX(),
            new Granite(),
            new HunyuanDense(),
            new Llama(),
            new Mistral3(),
            new Mpt(),
            new Nemotron(),
            new Olmo(),
            new Olmo2(),
            new Phi2(),
            new Phi3(),
            new Qwen2(),
            new Qwen3(),
            new SeedOss(),
            new SmolLm3(),
            new StableLm(),
            new StarCoder2());

    private Architectures() {}

    /** The family of a name. @throws EngineException with the list of those that work */
    public static Architecture of(String file, String name) {
        return ALL.stream()
                .filter(it -> it.names().contains(name))
                .findFirst()
                .orElseThrow(() -> new EngineException(file + ": unknown architecture '" + name + "'; known: "
                        + ALL.stream()
                                .flatMap(it -> it.names().stream())
                                .sorted()
                                .collect(Collectors.joining(", "))));
    }
}
