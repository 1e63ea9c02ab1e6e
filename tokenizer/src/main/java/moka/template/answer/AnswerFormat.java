package moka.template.answer;

import java.util.ArrayList;
import java.util.List;
import moka.template.ChatTemplate;

/** How a family of models writes reasoning and tool calls into its answers. */
public enum AnswerFormat {
    /** Reasoning between {@code <think>} and its like; no tool calls. */
    PLAIN,
    /** Hermes, Qwen and many others: {@code <tool_call>} with JSON, with {@code <function=…>}, or as GLM writes it. */
    HERMES,
    /** GLM 4.5 and later: {@code <tool_call>NAME<arg_key>…}. */
    GLM,
    /** Llama 3 and 4: the answer is JSON or {@code [name(key=value)]}; {@code <|python_tag|>}; {@code <function=…>}. */
    LLAMA_3,
    /** {@code [TOOL_CALLS]} with a list or with {@code NAME[ARGS]}; {@code [THINK]}. */
    MISTRAL,
    /** Functionary 2: messages to recipients. */
    FUNCTIONARY_2,
    /** Functionary 3.1: {@code <function=NAME>{…}</function>}. */
    FUNCTIONARY_3_1,
    /** Functionary 3.2: {@code >>>NAME}. */
    FUNCTIONARY_3_2,
    /** DeepSeek R1, V3, V3.1: {@code <｜tool▁call▁begin｜>}. */
    DEEPSEEK,
    /** DeepSeek V3.2 and later: {@code <｜DSML｜invoke name="…">}. */
    DEEPSEEK_DSML,
    /** gpt-oss: messages on channels. */
    HARMONY,
    /** Kimi K2: {@code <|tool_call_begin|>functions.NAME:0}. */
    KIMI,
    /** Command R7B and A: {@code <|START_ACTION|>}, {@code <|START_THINKING|>}. */
    COMMAND,
    /** Granite, Phi 4 mini: {@code <|tool_call|>} with JSON. */
    GRANITE,
    /** LFM2: {@code <|tool_call_start|>[name(key="value")]}. */
    LFM2,
    /** MiniMax M2: {@code <minimax:tool_call><invoke name="…">}. */
    MINIMAX,
    /** Seed OSS: {@code <seed:tool_call><function=…>}, {@code <seed:think>}. */
    SEED,
    /** Nemotron Nano 2: {@code <TOOLCALL>[…]}. */
    NEMOTRON,
    /** Apertus: {@code <|tools_prefix|>[{"name": {…}}]}. */
    APERTUS,
    /** Gemma 4: {@code <|tool_call>call:NAME{…}}, {@code <|channel>thought}. */
    GEMMA,
    /** FireFunction: {@code functools[…]}. */
    FIREFUNCTION;

    private static final List<Section> THINKING = List.of(
            Section.reasoning("<think>", "</think>"), Section.reasoning("<thinking>", "</thinking>"), Section.reasoning("◁think▷", "◁/think▷"));

    /** The format that the answers to a template's prompts have, as far as its text tells. */
    public static AnswerFormat of(ChatTemplate template) {
        return ofSource(template.source());
    }

    private static AnswerFormat ofSource(String source) {
        if (source.contains("<|channel|>") && source.contains("<|message|>")) {
            return HARMONY;
        }
        if (source.contains("｜DSML｜")) {
            return DEEPSEEK_DSML;
        }
        if (source.contains("<｜tool▁call▁begin｜>") || source.contains("<｜tool▁calls▁begin｜>")) {
            return DEEPSEEK;
        }
        if (source.contains("<|tool_call_argument_begin|>")) {
            return KIMI;
        }
        if (source.contains("<|START_ACTION|>")) {
            return COMMAND;
        }
        if (source.contains("<|recipient|>")) {
            return FUNCTIONARY_2;
        }
        if (source.contains(">>>all")) {
            return FUNCTIONARY_3_2;
        }
        if (source.contains("[TOOL_CALLS]")) {
            return MISTRAL;
        }
        return ofTags(source);
    }

    private static AnswerFormat ofTags(String source) {
        if (source.contains("<minimax:tool_call>")) {
            return MINIMAX;
        }
        if (source.contains("<seed:tool_call>")) {
            return SEED;
        }
        if (source.contains("<|tool_call>")) {
            return GEMMA;
        }
        if (source.contains("<TOOLCALL>")) {
            return NEMOTRON;
        }
        if (source.contains("<|tool_call_start|>") || source.contains("<|tool_list_start|>")) {
            return LFM2;
        }
        if (source.contains("<|tools_prefix|>")) {
            return APERTUS;
        }
        if (source.contains("functools[")) {
            return FIREFUNCTION;
        }
        if (source.contains("<arg_key>")) {
            return GLM;
        }
        if (source.contains("<tool_call>") || source.contains("<tool_calls>")) {
            return HERMES;
        }
        if (source.contains("<|tool_call|>")) {
            return GRANITE;
        }
        if (source.contains("<function=")) {
            return FUNCTIONARY_3_1;
        }
        boolean llama = source.contains("<|start_header_id|>") || source.contains("<|header_start|>");
        return llama && source.contains("tools") ? LLAMA_3 : PLAIN;
    }

    /** Sections of a format that is read by its markers. */
    List<Section> sections() {
        return switch (this) {
            case HERMES, GLM ->
                with(Section.calls("<tool_call>", "</tool_call>"), Section.calls("<tool_calls>", "</tool_calls>"), Section.calls("<function=", "</function>"), Section.calls("<function name=", "</function>"));
            case LLAMA_3, FUNCTIONARY_3_1 -> with(Section.marker("<|python_start|>"), Section.marker("<|python_end|>"), Section.code("<|python_tag|>"), Section.calls("<function=", "</function>"));
            case MISTRAL -> with(Section.reasoning("[THINK]", "[/THINK]"), Section.named("[TOOL_CALLS]", ""));
            case DEEPSEEK ->
                with(Section.marker("<｜tool▁calls▁begin｜>"), Section.marker("<｜tool▁calls▁end｜>"),
                        Section.named("<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>"));
            case DEEPSEEK_DSML ->
                with(Section.calls("<｜DSML｜function_calls>", "</｜DSML｜function_calls>"), Section.calls("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>"));
            case KIMI ->
                with(Section.marker("<|tool_calls_section_begin|>"), Section.marker("<|tool_calls_section_end|>"),
                        Section.named("<|tool_call_begin|>", "<|tool_call_end|>"));
            case COMMAND ->
                with(Section.reasoning("<|START_THINKING|>", "<|END_THINKING|>"), Section.calls("<|START_ACTION|>", "<|END_ACTION|>"),
                        Section.marker("<|START_RESPONSE|>"), Section.marker("<|END_RESPONSE|>"), Section.marker("<|START_TEXT|>"),
                        Section.marker("<|END_TEXT|>"));
            case GRANITE -> with(Section.calls("<|tool_call|>", "<|/tool_call|>"));
            case LFM2 -> with(Section.calls("<|tool_call_start|>", "<|tool_call_end|>"));
            case MINIMAX -> with(Section.calls("<minimax:tool_call>", "</minimax:tool_call>"));
            case SEED -> with(Section.reasoning("<seed:think>", "</seed:think>"), Section.calls("<seed:tool_call>", "</seed:tool_call>"));
            case NEMOTRON -> with(Section.calls("<TOOLCALL>", "</TOOLCALL>"));
            case APERTUS -> with(Section.reasoning("<|inner_prefix|>", "<|inner_suffix|>"), Section.calls("<|tools_prefix|>", "<|tools_suffix|>"));
            case GEMMA -> with(Section.reasoning("<|channel>thought", "<channel|>"), Section.calls("<|tool_call>", "<tool_call|>"));
            case FIREFUNCTION -> with(Section.calls("functools", ""));
            default -> THINKING;
        };
    }

    private static List<Section> with(Section... sections) {
        var all = new ArrayList<>(List.of(sections));
        all.addAll(THINKING);
        return List.copyOf(all);
    }

    /** Whether an answer that begins with a bracket is a call. */
    boolean hasBareCalls() {
        return this == LLAMA_3;
    }
}
