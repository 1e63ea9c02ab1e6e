package moka.cli;

import java.nio.file.Path;

/**
 * The plain options of {@code moka chat}, see {@link PlainCommandLine}. Made from the annotations of its fields
 * ({@code mvn test -pl cli -am -Dtest=PlainCommandLineTest -Dmoka.write=true}): do not edit.
 */
record ChatPlainOptions(ChatCommand command) implements PlainOptions {
    @Override
    public int number(String name) {
        return switch (name) {
            case "-v", "--verbose" -> 0;
            case "-m", "--model" -> 1;
            case "-hf", "-hfr", "--hf-repo" -> 2;
            case "--default-model" -> 3;
            case "-t", "--threads" -> 4;
            case "--lora", "--lora-scaled" -> 5;
            case "--control-vector", "--control-vector-scaled" -> 6;
            case "--override-kv" -> 7;
            case "--rope-scaling" -> 8;
            case "--rope-scale" -> 9;
            case "--rope-freq-scale" -> 10;
            case "--rope-freq-base" -> 11;
            case "--yarn-orig-ctx" -> 12;
            case "--yarn-ext-factor" -> 13;
            case "--yarn-attn-factor" -> 14;
            case "--yarn-beta-slow" -> 15;
            case "--yarn-beta-fast" -> 16;
            case "--kernels" -> 17;
            case "--vector-bits" -> 18;
            case "--float32" -> 19;
            case "--no-repack" -> 20;
            case "--no-memory-check" -> 21;
            case "-p", "--prompt" -> 22;
            case "-f", "--file" -> 23;
            case "--no-save" -> 24;
            case "--no-markdown" -> 25;
            case "-n", "--predict", "--n-predict", "--max-tokens" -> 26;
            case "-sys", "--system", "--system-prompt" -> 27;
            case "-sysf", "--system-file", "--system-prompt-file" -> 28;
            case "--stop", "-r", "--reverse-prompt" -> 29;
            case "--ignore-eos" -> 30;
            case "--chat-template" -> 31;
            case "--chat-template-file" -> 32;
            case "--template-variables", "--chat-template-kwargs" -> 33;
            case "-rea", "--reasoning" -> 34;
            case "--think" -> 35;
            case "--no-think" -> 36;
            case "--reasoning-effort" -> 37;
            case "--reasoning-budget" -> 38;
            case "--reasoning-format" -> 39;
            case "--hide-thinking", "--hidethinking" -> 40;
            case "--context-shift" -> 41;
            case "--keep" -> 42;
            case "--grammar", "--grammar-file" -> 43;
            case "-j", "--json-schema", "-jf", "--json-schema-file" -> 44;
            case "--format" -> 45;
            case "--temp", "--temperature" -> 46;
            case "--top-k" -> 47;
            case "--top-p" -> 48;
            case "--min-p" -> 49;
            case "-s", "--seed" -> 50;
            case "--typical", "--typical-p" -> 51;
            case "--top-nsigma", "--top-n-sigma" -> 52;
            case "--xtc-probability" -> 53;
            case "--xtc-threshold" -> 54;
            case "--repeat-last-n" -> 55;
            case "--repeat-penalty" -> 56;
            case "--presence-penalty" -> 57;
            case "--frequency-penalty" -> 58;
            case "--dry-multiplier" -> 59;
            case "--dry-base" -> 60;
            case "--dry-allowed-length" -> 61;
            case "--dry-penalty-last-n" -> 62;
            case "--dry-sequence-breaker" -> 63;
            case "--dynatemp-range" -> 64;
            case "--dynatemp-exp" -> 65;
            case "--mirostat" -> 66;
            case "--mirostat-ent" -> 67;
            case "--mirostat-lr" -> 68;
            case "-l", "--logit-bias" -> 69;
            case "--samplers" -> 70;
            case "--sampler-seq", "--sampling-seq" -> 71;
            case "-e", "--escape" -> 72;
            case "--in-prefix" -> 73;
            case "--in-suffix" -> 74;
            case "--jinja", "--no-display-prompt", "--warmup", "--no-warmup", "--simple-io", "--log-disable", "--perf", "--no-perf", "--mmap", "--offline", "--no-context-shift", "--no-escape", "--no-show-timings", "-mli", "--multiline-input" -> 75;
            case "-fa", "--flash-attn", "-lv", "--verbosity", "--poll", "--prio" -> 76;
            case "-ngl", "--gpu-layers", "--n-gpu-layers" -> 77;
            case "-dev", "--device", "-sm", "--split-mode", "-ts", "--tensor-split", "-mg", "--main-gpu", "-ot", "--override-tensor" -> 78;
            case "--no-mmap" -> 79;
            case "--mlock" -> 80;
            case "--numa" -> 81;
            case "-tb", "--threads-batch" -> 82;
            case "--lookup" -> 83;
            case "-md", "--model-draft", "--spec-draft-model" -> 84;
            case "--spec-type" -> 85;
            case "--draft-max", "--draft", "--draft-n", "--spec-draft-n-max" -> 86;
            case "--draft-min", "--draft-n-min", "--spec-draft-n-min" -> 87;
            case "--draft-p-min", "--spec-draft-p-min" -> 88;
            case "--lookup-ngram", "--spec-ngram-simple-size-n" -> 89;
            case "-td", "--threads-draft", "--spec-draft-threads" -> 90;
            case "-ctkd", "--cache-type-k-draft", "--spec-draft-type-k" -> 91;
            case "-ctvd", "--cache-type-v-draft", "--spec-draft-type-v" -> 92;
            case "-c", "--context", "--ctx-size" -> 93;
            case "-b", "--batch-size" -> 94;
            case "-ub", "--ubatch-size" -> 95;
            case "-ctk", "--cache-type-k" -> 96;
            case "-ctv", "--cache-type-v" -> 97;
            default -> NONE;
        };
    }

    @Override
    public boolean takesValue(int number) {
        return switch (number) {
            case 0, 19, 20, 21, 24, 25, 30, 35, 36, 40, 41, 72, 75, 79, 80, 83 -> false;
            default -> true;
        };
    }

    @Override
    public boolean repeats(int number) {
        return switch (number) {
            case 5, 6, 7, 29, 63, 69, 75, 76, 78 -> true;
            default -> false;
        };
    }

    @Override
    public void turnOn(int number) {
        switch (number) {
            case 0 -> command.general.verbose = true;
            case 19 -> command.engine.kernels.float32 = true;
            case 20 -> command.engine.kernels.noRepack = true;
            case 21 -> command.engine.kernels.noMemoryCheck = true;
            case 24 -> command.noSave = true;
            case 25 -> command.noMarkdown = true;
            case 30 -> command.answer.ignoreEnd = true;
            case 35 -> command.answer.reasoning.think = true;
            case 36 -> command.answer.reasoning.noThink = true;
            case 40 -> command.answer.reasoning.hide = true;
            case 41 -> command.answer.contextShift = true;
            case 72 -> command.shape.escape = true;
            case 75 -> command.accepted.always = PlainOptions.with(command.accepted.always, true);
            case 79 -> command.accepted.noMap = true;
            case 80 -> command.accepted.lock = true;
            case 83 -> command.speculation.lookup = true;
            default -> throw new IllegalArgumentException();
        }
    }

    @Override
    public void take(int number, String value) {
        switch (number) {
            case 1 -> command.engine.model = value;
            case 2 -> command.engine.huggingFace = value;
            case 3 -> command.engine.defaultModel = value;
            case 4 -> command.engine.threads = PlainOptions.integer(value);
            case 5 -> command.engine.adapters = PlainOptions.with(command.engine.adapters, value);
            case 6 -> command.engine.controlVectors = PlainOptions.with(command.engine.controlVectors, value);
            case 7 -> command.engine.metadata.overrides = PlainOptions.with(command.engine.metadata.overrides, value);
            case 8 -> command.engine.metadata.scaling = value;
            case 9 -> command.engine.metadata.scale = Double.parseDouble(value);
            case 10 -> command.engine.metadata.frequencyScale = Double.parseDouble(value);
            case 11 -> command.engine.metadata.frequencyBase = Double.parseDouble(value);
            case 12 -> command.engine.metadata.originalContext = PlainOptions.integer(value);
            case 13 -> command.engine.metadata.extrapolation = Double.parseDouble(value);
            case 14 -> command.engine.metadata.attention = Double.parseDouble(value);
            case 15 -> command.engine.metadata.betaSlow = Double.parseDouble(value);
            case 16 -> command.engine.metadata.betaFast = Double.parseDouble(value);
            case 17 -> command.engine.kernels.kernels = value;
            case 18 -> command.engine.kernels.vectorBits = PlainOptions.integer(value);
            case 22 -> command.text.text = value;
            case 23 -> command.text.file = value;
            case 26 -> command.answer.maxTokens = PlainOptions.integer(value);
            case 27 -> command.answer.system = value;
            case 28 -> command.answer.systemFile = Path.of(value);
            case 29 -> command.answer.stop = PlainOptions.with(command.answer.stop, value);
            case 31 -> command.answer.template = value;
            case 32 -> command.answer.templateFile = Path.of(value);
            case 33 -> command.answer.templateVariables = value;
            case 34 -> command.answer.reasoning.reasoning = value;
            case 37 -> command.answer.reasoning.effort = value;
            case 38 -> command.answer.reasoning.budget = PlainOptions.integer(value);
            case 39 -> command.answer.reasoning.format = value;
            case 42 -> command.answer.keep = PlainOptions.integer(value);
            case 43 -> command.answer.grammar.grammar = value;
            case 44 -> command.answer.grammar.jsonSchema = value;
            case 45 -> command.answer.grammar.format = value;
            case 46 -> command.answer.sampling.temperature = Float.parseFloat(value);
            case 47 -> command.answer.sampling.topK = PlainOptions.integer(value);
            case 48 -> command.answer.sampling.topP = Float.parseFloat(value);
            case 49 -> command.answer.sampling.minP = Float.parseFloat(value);
            case 50 -> command.answer.sampling.seed = PlainOptions.longInteger(value);
            case 51 -> command.answer.sampling.typicalP = Float.parseFloat(value);
            case 52 -> command.answer.sampling.topNSigma = Float.parseFloat(value);
            case 53 -> command.answer.sampling.xtcProbability = Float.parseFloat(value);
            case 54 -> command.answer.sampling.xtcThreshold = Float.parseFloat(value);
            case 55 -> command.answer.sampling.repeatLastN = PlainOptions.integer(value);
            case 56 -> command.answer.sampling.repeatPenalty = Float.parseFloat(value);
            case 57 -> command.answer.sampling.presencePenalty = Float.parseFloat(value);
            case 58 -> command.answer.sampling.frequencyPenalty = Float.parseFloat(value);
            case 59 -> command.answer.sampling.dryMultiplier = Float.parseFloat(value);
            case 60 -> command.answer.sampling.dryBase = Float.parseFloat(value);
            case 61 -> command.answer.sampling.dryAllowedLength = PlainOptions.integer(value);
            case 62 -> command.answer.sampling.dryLastN = PlainOptions.integer(value);
            case 63 -> command.answer.sampling.dryBreakers = PlainOptions.with(command.answer.sampling.dryBreakers, value);
            case 64 -> command.answer.sampling.dynamicRange = Float.parseFloat(value);
            case 65 -> command.answer.sampling.dynamicExponent = Float.parseFloat(value);
            case 66 -> command.answer.sampling.mirostat = PlainOptions.integer(value);
            case 67 -> command.answer.sampling.mirostatTau = Float.parseFloat(value);
            case 68 -> command.answer.sampling.mirostatEta = Float.parseFloat(value);
            case 69 -> command.answer.sampling.logitBias = PlainOptions.with(command.answer.sampling.logitBias, value);
            case 70 -> command.answer.sampling.samplers = value;
            case 71 -> command.answer.sampling.samplerLetters = value;
            case 73 -> command.shape.prefix = value;
            case 74 -> command.shape.suffix = value;
            case 76 -> command.accepted.ignored = PlainOptions.with(command.accepted.ignored, value);
            case 77 -> command.accepted.gpuLayers = value;
            case 78 -> command.accepted.devices = PlainOptions.with(command.accepted.devices, value);
            case 81 -> command.accepted.numa = value;
            case 82 -> command.accepted.batchThreads = value;
            case 84 -> command.speculation.draftModel = value;
            case 85 -> command.speculation.type = value;
            case 86 -> command.speculation.most = PlainOptions.integer(value);
            case 87 -> command.speculation.least = PlainOptions.integer(value);
            case 88 -> command.speculation.leastProbability = Float.parseFloat(value);
            case 89 -> command.speculation.longestMatch = PlainOptions.integer(value);
            case 90 -> command.speculation.threads = PlainOptions.integer(value);
            case 91 -> command.speculation.cacheTypeKeys = value;
            case 92 -> command.speculation.cacheTypeValues = value;
            case 93 -> command.context.contextLength = PlainOptions.integer(value);
            case 94 -> command.context.batchTokens = PlainOptions.integer(value);
            case 95 -> command.context.microBatchTokens = PlainOptions.integer(value);
            case 96 -> command.context.cacheTypeKeys = value;
            case 97 -> command.context.cacheTypeValues = value;
            default -> throw new IllegalArgumentException();
        }
    }

    @Override
    public boolean takeWord(int index, String value) {
        if (index == 0) {
            command.engine.positional = value;
            return true;
        }
        return false;
    }
}
