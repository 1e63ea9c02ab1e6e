package moka.tokenizer;

import java.util.Optional;

/**
 * What a {@code tokenizer.ggml.pre} name means.
 *
 * @param splitter the rule that cuts text into pieces
 * @param flags what else the name decides
 */
record PreTokenizer(Splitter splitter, Flags flags) {
    /**
     * @param ignoreMerges a piece that is a token is taken whole, without merging
     * @param cleanSpaces decoding drops spaces before punctuation
     * @param addBos a BOS is put in front where the file does not say
     * @param bosByDefault there is a BOS (id 11) where the file names none
     */
    record Flags(boolean ignoreMerges, boolean cleanSpaces, boolean addBos, boolean bosByDefault) {
        static final Flags PLAIN = new Flags(false, false, false, true);

        Flags ignoringMerges() {
            return new Flags(true, cleanSpaces, addBos, bosByDefault);
        }

        Flags cleaningSpaces() {
            return new Flags(ignoreMerges, true, addBos, bosByDefault);
        }

        Flags addingBos() {
            return new Flags(ignoreMerges, cleanSpaces, true, bosByDefault);
        }

        Flags withoutBos() {
            return new Flags(ignoreMerges, cleanSpaces, addBos, false);
        }
    }

    /** The meaning of a name, or nothing if it is unknown. */
    static Optional<PreTokenizer> named(String name) {
        Flags plain = Flags.PLAIN;
        Flags cleaning = plain.cleaningSpaces();
        return Optional.ofNullable(
                switch (name) {
                    case "default" -> of(SplitRules.standard(), cleaning);
                    case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano" ->
                        of(SplitRules.words(WordRule.LLAMA3), cleaning.ignoringMerges().addingBos());
                    case "dbrx", "smaug-bpe" -> of(SplitRules.words(WordRule.LLAMA3), cleaning);
                    case "glm4", "chatglm-bpe" -> of(SplitRules.words(WordRule.LLAMA3), cleaning.withoutBos());
                    case "minicpm5" -> of(SplitRules.miniCpm5(), cleaning.ignoringMerges());
                    case "jais-2" -> of(new Jais2Splitter(), cleaning);
                    case "gpt-2", "phi-2", "mpt", "jina-es", "jina-de", "jina-v1-en", "jina-v2-es", "jina-v2-de", "jina-v2-code",
                            "roberta-bpe", "gigachat", "a.x-4.0", "mellum", "modern-bert", "olmo", "jais", "exaone4" ->
                        of(SplitRules.gpt2(), cleaning);
                    case "trillion", "granite-docling" -> of(SplitRules.gpt2(), plain);
                    case "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2" -> of(SplitRules.starCoder(), cleaning);
                    case "command-r", "smollm" -> of(SplitRules.starCoder(), plain);
                    case "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "hunyuan", "grok-2", "solar-open" ->
                        of(SplitRules.words(WordRule.QWEN2), plain);
                    case "stablelm2", "megrez" -> of(SplitRules.words(WordRule.QWEN2), cleaning);
                    case "bailingmoe", "bailingmoe2", "llada-moe" -> of(SplitRules.words(WordRule.QWEN2), plain);
                    case "qwen35" -> of(SplitRules.words(WordRule.QWEN35), plain);
                    case "seed-coder" -> of(SplitRules.words(WordRule.SEED_CODER), plain);
                    case "ufakzeka" -> of(SplitRules.words(WordRule.UFAKZEKA), plain);
                    case "laguna" -> of(SplitRules.lines().then(SplitRules.words(WordRule.LAGUNA)), plain);
                    case "exaone-moe" -> of(SplitRules.exaoneMoe(), cleaning);
                    case "deepseek-llm" -> of(SplitRules.deepSeekLlm(), plain);
                    case "deepseek-coder" -> of(SplitRules.deepSeekCoder(), plain);
                    case "deepseek-v3", "hunyuan-dense", "hy_v4", "joyai-llm" -> of(SplitRules.deepSeekV3(), plain);
                    case "spark2_5" -> of(SplitRules.spark(), plain);
                    case "afmoe" -> of(SplitRules.afMoe(), plain);
                    case "falcon" -> of(SplitRules.falcon(), cleaning);
                    case "poro-chat" -> of(SplitRules.poro(), plain);
                    case "bloom", "gpt3-finnish" -> of(SplitRules.poro(), cleaning);
                    case "viking" -> of(SplitRules.viking(), plain);
                    case "chameleon" -> of(SplitRules.chameleon(), plain.addingBos());
                    case "superbpe" -> of(SplitRules.superBpe(), plain);
                    case "tekken" -> of(SplitRules.cases(CaseRule.TEKKEN), plain.ignoringMerges().addingBos());
                    case "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2" -> of(SplitRules.cases(CaseRule.GPT4O), plain);
                    case "granite-embed-multi-97m" -> of(SplitRules.cases(CaseRule.GPT4O), plain.ignoringMerges());
                    case "tiny_aya", "cohere2moe" -> of(SplitRules.tinyAya(), plain);
                    case "kimi-k2" -> of(SplitRules.cases(CaseRule.KIMI_K2), plain);
                    case "youtu" -> of(SplitRules.youtu(), plain.ignoringMerges());
                    case "gemma4", "granite-embed-multi-311m" -> of(SplitRules.lines(), cleaning);
                    case "sarvam-moe" -> of(SplitRules.lines(), plain);
                    case "whitespace" -> of(SplitRules.whiteSpace(), cleaning);
                    default -> null;
                });
    }

    private static PreTokenizer of(Splitter splitter, Flags flags) {
        return new PreTokenizer(splitter, flags);
    }
}
