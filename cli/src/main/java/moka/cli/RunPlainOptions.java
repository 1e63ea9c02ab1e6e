package moka.cli;

import java.nio.file.Path;

/**
 * The plain options of {@code moka run}, see {@link PlainCommandLine}. Made from the annotations of its fields
 * ({@code mvn test -pl cli -am -Dtest=PlainCommandLineTest -Dmoka.write=true}): do not edit.
 */
record RunPlainOptions(RunCommand command) implements PlainOptions {
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
            case "--raw", "-no-cnv", "--no-conversation" -> 24;
            case "--jsonl" -> 25;
            case "--each-line" -> 26;
            case "-o", "--output" -> 27;
            case "-x", "--extract" -> 28;
            case "-cnv", "--conversation", "-st", "--single-turn" -> 29;
            case "-np", "--parallel" -> 30;
            case "-n", "--predict", "--n-predict", "--max-tokens" -> 31;
            case "-sys", "--system", "--system-prompt" -> 32;
            case "-sysf", "--system-file", "--system-prompt-file" -> 33;
            case "--stop", "-r", "--reverse-prompt" -> 34;
            case "--ignore-eos" -> 35;
            case "--chat-template" -> 36;
            case "--chat-template-file" -> 37;
            case "--template-variables", "--chat-template-kwargs" -> 38;
            case "-rea", "--reasoning" -> 39;
            case "--think" -> 40;
            case "--no-think" -> 41;
            case "--reasoning-effort" -> 42;
            case "--reasoning-budget" -> 43;
            case "--reasoning-format" -> 44;
            case "--hide-thinking", "--hidethinking" -> 45;
            case "--context-shift" -> 46;
            case "--keep" -> 47;
            case "--grammar", "--grammar-file" -> 48;
            case "-j", "--json-schema", "-jf", "--json-schema-file" -> 49;
            case "--format" -> 50;
            case "--temp", "--temperature" -> 51;
            case "--top-k" -> 52;
            case "--top-p" -> 53;
            case "--min-p" -> 54;
            case "-s", "--seed" -> 55;
            case "--typical", "--typical-p" -> 56;
            case "--top-nsigma", "--top-n-sigma" -> 57;
            case "--xtc-probability" -> 58;
            case "--xtc-threshold" -> 59;
            case "--repeat-last-n" -> 60;
            case "--repeat-penalty" -> 61;
            case "--presence-penalty" -> 62;
            case "--frequency-penalty" -> 63;
            case "--dry-multiplier" -> 64;
            case "--dry-base" -> 65;
            case "--dry-allowed-length" -> 66;
            case "--dry-penalty-last-n" -> 67;
            case "--dry-sequence-breaker" -> 68;
            case "--dynatemp-range" -> 69;
            case "--dynatemp-exp" -> 70;
            case "--mirostat" -> 71;
            case "--mirostat-ent" -> 72;
            case "--mirostat-lr" -> 73;
            case "-l", "--logit-bias" -> 74;
            case "--samplers" -> 75;
            case "--sampler-seq", "--sampling-seq" -> 76;
            case "-e", "--escape" -> 77;
            case "--in-prefix" -> 78;
            case "--in-suffix" -> 79;
            case "--prompt-cache" -> 80;
            case "--prompt-cache-all" -> 81;
            case "--prompt-cache-ro" -> 82;
            case "--jinja", "--no-display-prompt", "--warmup", "--no-warmup", "--simple-io", "--log-disable", "--perf", "--no-perf", "--mmap", "--offline", "--no-context-shift", "--no-escape", "--no-show-timings", "-mli", "--multiline-input" -> 83;
            case "-fa", "--flash-attn", "-lv", "--verbosity", "--poll", "--prio" -> 84;
            case "-ngl", "--gpu-layers", "--n-gpu-layers" -> 85;
            case "-dev", "--device", "-sm", "--split-mode", "-ts", "--tensor-split", "-mg", "--main-gpu", "-ot", "--override-tensor" -> 86;
            case "--no-mmap" -> 87;
            case "--mlock" -> 88;
            case "--numa" -> 89;
            case "-tb", "--threads-batch" -> 90;
            case "--lookup" -> 91;
            case "-md", "--model-draft", "--spec-draft-model" -> 92;
            case "--spec-type" -> 93;
            case "--draft-max", "--draft", "--draft-n", "--spec-draft-n-max" -> 94;
            case "--draft-min", "--draft-n-min", "--spec-draft-n-min" -> 95;
            case "--draft-p-min", "--spec-draft-p-min" -> 96;
            case "--lookup-ngram", "--spec-ngram-simple-size-n" -> 97;
            case "-td", "--threads-draft", "--spec-draft-threads" -> 98;
            case "-ctkd", "--cache-type-k-draft", "--spec-draft-type-k" -> 99;
            case "-ctvd", "--cache-type-v-draft", "--spec-draft-type-v" -> 100;
            case "-c", "--context", "--ctx-size" -> 101;
            case "-b", "--batch-size" -> 102;
            case "-ub", "--ubatch-size" -> 103;
            case "-ctk", "--cache-type-k" -> 104;
            case "-ctv", "--cache-type-v" -> 105;
            case "--show-prompt", "--verbose-prompt" -> 106;
            default -> NONE;
        };
    }

    @Override
    public boolean takesValue(int number) {
        return switch (number) {
            case 0, 19, 20, 21, 24, 26, 28, 29, 35, 40, 41, 45, 46, 77, 81, 82, 83, 87, 88, 91, 106 -> false;
            default -> true;
        };
    }

    @Override
    public boolean repeats(int number) {
        return switch (number) {
            case 5, 6, 7, 29, 34, 68, 74, 83, 84, 86 -> true;
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
            case 24 -> command.raw = true;
            case 26 -> command.eachLine = true;
            case 28 -> command.extract = true;
            case 29 -> command.singleTurn = PlainOptions.with(command.singleTurn, true);
            case 35 -> command.answer.ignoreEnd = true;
            case 40 -> command.answer.reasoning.think = true;
            case 41 -> command.answer.reasoning.noThink = true;
            case 45 -> command.answer.reasoning.hide = true;
            case 46 -> command.answer.contextShift = true;
            case 77 -> command.shape.escape = true;
            case 81 -> command.cache.all = true;
            case 82 -> command.cache.readOnly = true;
            case 83 -> command.accepted.always = PlainOptions.with(command.accepted.always, true);
            case 87 -> command.accepted.noMap = true;
            case 88 -> command.accepted.lock = true;
            case 91 -> command.speculation.lookup = true;
            case 106 -> command.showPrompt = true;
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
            case 25 -> command.jsonLines = value;
            case 27 -> command.output = value;
            case 30 -> command.parallel = PlainOptions.integer(value);
            case 31 -> command.answer.maxTokens = PlainOptions.integer(value);
            case 32 -> command.answer.system = value;
            case 33 -> command.answer.systemFile = Path.of(value);
            case 34 -> command.answer.stop = PlainOptions.with(command.answer.stop, value);
            case 36 -> command.answer.template = value;
            case 37 -> command.answer.templateFile = Path.of(value);
            case 38 -> command.answer.templateVariables = value;
            case 39 -> command.answer.reasoning.reasoning = value;
            case 42 -> command.answer.reasoning.effort = value;
            case 43 -> command.answer.reasoning.budget = PlainOptions.integer(value);
            case 44 -> command.answer.reasoning.format = value;
            case 47 -> command.answer.keep = PlainOptions.integer(value);
            case 48 -> command.answer.grammar.grammar = value;
            case 49 -> command.answer.grammar.jsonSchema = value;
            case 50 -> command.answer.grammar.format = value;
            case 51 -> command.answer.sampling.temperature = Float.parseFloat(value);
            case 52 -> command.answer.sampling.topK = PlainOptions.integer(value);
            case 53 -> command.answer.sampling.topP = Float.parseFloat(value);
            case 54 -> command.answer.sampling.minP = Float.parseFloat(value);
            case 55 -> command.answer.sampling.seed = PlainOptions.longInteger(value);
            case 56 -> command.answer.sampling.typicalP = Float.parseFloat(value);
            case 57 -> command.answer.sampling.topNSigma = Float.parseFloat(value);
            case 58 -> command.answer.sampling.xtcProbability = Float.parseFloat(value);
            case 59 -> command.answer.sampling.xtcThreshold = Float.parseFloat(value);
            case 60 -> command.answer.sampling.repeatLastN = PlainOptions.integer(value);
            case 61 -> command.answer.sampling.repeatPenalty = Float.parseFloat(value);
            case 62 -> command.answer.sampling.presencePenalty = Float.parseFloat(value);
            case 63 -> command.answer.sampling.frequencyPenalty = Float.parseFloat(value);
            case 64 -> command.answer.sampling.dryMultiplier = Float.parseFloat(value);
            case 65 -> command.answer.sampling.dryBase = Float.parseFloat(value);
            case 66 -> command.answer.sampling.dryAllowedLength = PlainOptions.integer(value);
            case 67 -> command.answer.sampling.dryLastN = PlainOptions.integer(value);
            case 68 -> command.answer.sampling.dryBreakers = PlainOptions.with(command.answer.sampling.dryBreakers, value);
            case 69 -> command.answer.sampling.dynamicRange = Float.parseFloat(value);
            case 70 -> command.answer.sampling.dynamicExponent = Float.parseFloat(value);
            case 71 -> command.answer.sampling.mirostat = PlainOptions.integer(value);
            case 72 -> command.answer.sampling.mirostatTau = Float.parseFloat(value);
            case 73 -> command.answer.sampling.mirostatEta = Float.parseFloat(value);
            case 74 -> command.answer.sampling.logitBias = PlainOptions.with(command.answer.sampling.logitBias, value);
            case 75 -> command.answer.sampling.samplers = value;
            case 76 -> command.answer.sampling.samplerLetters = value;
            case 78 -> command.shape.prefix = value;
            case 79 -> command.shape.suffix = value;
            case 80 -> command.cache.file = Path.of(value);
            case 84 -> command.accepted.ignored = PlainOptions.with(command.accepted.ignored, value);
            case 85 -> command.accepted.gpuLayers = value;
            case 86 -> command.accepted.devices = PlainOptions.with(command.accepted.devices, value);
            case 89 -> command.accepted.numa = value;
            case 90 -> command.accepted.batchThreads = value;
            case 92 -> command.speculation.draftModel = value;
            case 93 -> command.speculation.type = value;
            case 94 -> command.speculation.most = PlainOptions.integer(value);
            case 95 -> command.speculation.least = PlainOptions.integer(value);
            case 96 -> command.speculation.leastProbability = Float.parseFloat(value);
            case 97 -> command.speculation.longestMatch = PlainOptions.integer(value);
            case 98 -> command.speculation.threads = PlainOptions.integer(value);
            case 99 -> command.speculation.cacheTypeKeys = value;
            case 100 -> command.speculation.cacheTypeValues = value;
            case 101 -> command.context.contextLength = PlainOptions.integer(value);
            case 102 -> command.context.batchTokens = PlainOptions.integer(value);
            case 103 -> command.context.microBatchTokens = PlainOptions.integer(value);
            case 104 -> command.context.cacheTypeKeys = value;
            case 105 -> command.context.cacheTypeValues = value;
            default -> throw new IllegalArgumentException();
        }
    }

    @Override
    public boolean takeWord(int index, String value) {
        if (index == 0) {
            command.engine.positional = value;
            return true;
        }
        if (index > 0) {
            command.words = PlainOptions.with(command.words, value);
            return true;
        }
        return false;
    }
}
