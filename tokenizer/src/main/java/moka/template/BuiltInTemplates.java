package moka.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Templates for files that have none, under the names that llama.cpp gives them, each with the text that it makes for such a
 * conversation. They know text turns only: no tools, no reasoning. BOS is the tokenizer's business, as in files without templates.
 */
final class BuiltInTemplates {
    /** In alphabetical order. */
    static final List<String> NAMES = List.of(
            "bailing", "bailing-think", "bailing2", "chatglm3", "chatglm4", "chatml", "command-r", "deepseek", "deepseek-ocr",
            "deepseek2", "deepseek3", "exaone-moe", "exaone3", "exaone4", "falcon3", "gemma", "gigachat", "glmedge", "gpt-oss",
            "granite", "granite-4.0", "granite-4.1", "grok-2", "hunyuan-dense", "hunyuan-moe", "hunyuan-vl", "kimi-k2", "llama2",
            "llama2-sys", "llama2-sys-bos", "llama2-sys-strip", "llama3", "llama4", "megrez", "minicpm", "mistral-v1", "mistral-v3",
            "mistral-v3-tekken", "mistral-v7", "mistral-v7-tekken", "monarch", "openchat", "orion", "pangu-embedded", "phi3", "phi4",
            "rwkv-world", "seed_oss", "smolvlm", "solar-open", "vicuna", "vicuna-orca", "yandex", "zephyr");

    /** The text of a message {@code m}, also where it is a list of parts. */
    private static final String TEXT = "(m.content if m.content is string else m.content | map(attribute='text') | join)";

    private static final String RAW = "{{ " + TEXT + " }}";
    private static final String TRIMMED = "{{ " + TEXT + " | trim }}";

    private BuiltInTemplates() {}

    /** The source of a template, or null if there is none of that name. */
    static @Nullable String source(String name) {
        return switch (name) {
            case "chatml" -> turns("<|im_start|>{{ m.role }}\n" + RAW + "<|im_end|>\n", "<|im_start|>assistant\n");
            case "phi3" -> turns("<|{{ m.role }}|>\n" + RAW + "<|end|>\n", "<|assistant|>\n");
            case "phi4" -> turns("<|im_start|>{{ m.role }}<|im_sep|>" + RAW + "<|im_end|>", "<|im_start|>assistant<|im_sep|>");
            case "falcon3" -> turns("<|{{ m.role }}|>\n" + RAW + "\n", "<|assistant|>\n");
            case "zephyr" -> turns("<|{{ m.role }}|>\n" + RAW + "<|endoftext|>\n", "<|assistant|>\n");
            case "monarch" ->
                turns("{% if not loop.first %}<s>{% endif %}{{ m.role }}\n" + RAW + "</s>\n", "<s>assistant\n");
            case "llama3" ->
                turns("<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n" + TRIMMED + "<|eot_id|>",
                        "<|start_header_id|>assistant<|end_header_id|>\n\n");
            case "llama4" ->
                turns("<|header_start|>{{ m.role }}<|header_end|>\n\n" + TRIMMED + "<|eot|>", "<|header_start|>assistant<|header_end|>\n\n");
            case "chatglm3" -> "[gMASK]sop" + turns("<|{{ m.role }}|>\n " + RAW, "<|assistant|>");
            case "chatglm4" -> "[gMASK]<sop>" + turns("<|{{ m.role }}|>\n" + RAW, "<|assistant|>\n");
            case "glmedge" -> turns("<|{{ m.role }}|>\n" + RAW, "<|assistant|>");
            case "megrez" ->
                turns("<|role_start|>{{ m.role }}<|role_end|>" + RAW + "<|turn_end|>", "<|role_start|>assistant<|role_end|>");
            case "solar-open" -> turns("<|begin|>{{ m.role }}<|content|>" + RAW + "<|end|>", "<|begin|>assistant");
            case "gpt-oss" ->
                turns("<|start|>{{ m.role }}<|message|>" + RAW + either("assistant", "<|return|>", "<|end|>"), "<|start|>assistant");
            case "seed_oss" ->
                turns("<seed:bos>{{ m.role }}\n" + either("assistant", TRIMMED, RAW) + "<seed:eos>", "<seed:bos>assistant\n");
            case "granite" ->
                turns("<|start_of_role|>{{ m.role }}<|end_of_role|>" + either("assistant_tool_call", "<|tool_call|>", "") + RAW
                                + "<|end_of_text|>\n",
                        "<|start_of_role|>assistant<|end_of_role|>");
            case "granite-4.0", "granite-4.1" ->
                turns("<|start_of_role|>" + either("assistant_tool_call", "assistant<|end_of_role|><|tool_call|>", "{{ m.role }}<|end_of_role|>")
                                + RAW + "<|end_of_text|>\n",
                        "<|start_of_role|>assistant<|end_of_role|>");
            default -> byRole(name);
        };
    }

    /** Templates that treat each role in a way of its own. */
    private static @Nullable String byRole(String name) {
        return switch (name) {
            case "openchat" ->
                turns(roles("system", RAW + "<|end_of_turn|>", "", "GPT4 Correct {{ m.role | capitalize }}: " + RAW + "<|end_of_turn|>"),
                        "GPT4 Correct Assistant:");
            case "vicuna" -> vicuna(RAW + "\n\n");
            case "vicuna-orca" -> vicuna("SYSTEM: " + RAW + "\n");
            case "deepseek" ->
                turns(roles("system", RAW, "user", "### Instruction:\n" + RAW + "\n", "assistant", "### Response:\n" + RAW + "\n<|EOT|>\n"),
                        "### Response:\n");
            case "deepseek2" ->
                turns(roles("system", RAW + "\n\n", "user", "User: " + RAW + "\n\n", "assistant", "Assistant: " + RAW + "<｜end▁of▁sentence｜>"),
                        "Assistant:");
            case "deepseek3" ->
                turns(roles("system", RAW + "\n\n", "user", "<｜User｜>" + RAW, "assistant", "<｜Assistant｜>" + RAW + "<｜end▁of▁sentence｜>"),
                        "<｜Assistant｜>");
            case "deepseek-ocr" -> turns(RAW, "");
            case "command-r" -> {
                String end = TRIMMED + "<|END_OF_TURN_TOKEN|>";
                String begin = "<|START_OF_TURN_TOKEN|>";
                yield turns(roles("system", begin + "<|SYSTEM_TOKEN|>" + end, "user", begin + "<|USER_TOKEN|>" + end,
                                "assistant", begin + "<|CHATBOT_TOKEN|>" + end),
                        begin + "<|CHATBOT_TOKEN|>");
            }
            case "minicpm" -> turns(roles("user", "<用户>" + TRIMMED + "<AI>", "", TRIMMED), "");
            case "exaone3", "exaone4" -> {
                String end = TRIMMED + "[|endofturn|]\n";
                yield turns(roles("system", "[|system|]" + end, "user", "[|user|]" + TRIMMED + "\n", "assistant", "[|assistant|]" + end,
                                name.equals("exaone4") ? "tool" : "none", "[|tool|]" + end),
                        "[|assistant|]");
            }
            case "exaone-moe" ->
                turns("{% if m.role in ['system', 'user', 'assistant', 'tool'] %}<|{{ m.role }}|>\n" + TRIMMED + "<|endofturn|>\n{% endif %}",
                        "<|assistant|>\n");
            case "kimi-k2" ->
                turns(roles("system", "<|im_system|>system<|im_middle|>", "user", "<|im_user|>user<|im_middle|>",
                                        "assistant", "<|im_assistant|>assistant<|im_middle|>", "tool", "<|im_system|>tool<|im_middle|>")
                                + RAW + "<|im_end|>",
                        "<|im_assistant|>assistant<|im_middle|>");
            case "grok-2" ->
                turns(roles("system", "System: " + TRIMMED + "<|separator|>\n\n", "user", "Human: " + TRIMMED + "<|separator|>\n\n",
                                "assistant", "Assistant: " + RAW + "<|separator|>\n\n"),
                        "Assistant:");
            case "smolvlm" ->
                "<|im_start|>" + turns(roles("system", RAW + "\n\n", "user", "User: " + RAW + "<end_of_utterance>\n",
                                "", "Assistant: " + RAW + "<end_of_utterance>\n"),
                        "Assistant:");
            case "yandex" ->
                turns(roles("user", "{{ ' Пользователь: ' }}" + RAW + "\n\n", "assistant", "{{ ' Ассистент: ' }}" + RAW + "\n\n"),
                        "{{ ' Ассистент:[SEP]' }}");
            case "hunyuan-moe" ->
                turns(roles("system", "<|startoftext|>" + RAW + "<|extra_4|>", "assistant", RAW + "<|eos|>",
                                "", "<|startoftext|>" + RAW + "<|extra_0|>"),
                        "");
            default -> withMemory(name);
        };
    }

    /** Templates in which a turn depends on its place or on turns before it. */
    private static @Nullable String withMemory(String name) {
        return switch (name) {
            case "mistral-v1" -> mistral(" ", " ", RAW);
            case "mistral-v3" -> mistral("", " ", TRIMMED);
            case "mistral-v3-tekken" -> mistral("", "", RAW);
            case "mistral-v7" -> mistral7("{{ ' ' }}");
            case "mistral-v7-tekken" -> mistral7("");
            case "llama2" -> llama2(RAW + "\n", "", RAW);
            case "llama2-sys" -> llama2("<<SYS>>\n" + RAW + "\n<</SYS>>\n\n", "", RAW);
            case "llama2-sys-bos" -> llama2("<<SYS>>\n" + RAW + "\n<</SYS>>\n\n", "<s>", RAW);
            case "llama2-sys-strip" -> llama2("<<SYS>>\n" + TRIMMED + "\n<</SYS>>\n\n", "", TRIMMED);
            case "gemma" ->
                systemInFront(TRIMMED, "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
                                + "{% if m.role not in ['assistant', 'model'] %}" + TAKE_SYSTEM + "{% endif %}" + TRIMMED + "<end_of_turn>\n",
                        "<start_of_turn>model\n");
            case "orion" ->
                systemInFront(RAW, roles("user", "Human: " + TAKE_SYSTEM + RAW + "\n\nAssistant: </s>", "", RAW + "</s>"), "");
            case "rwkv-world" ->
                turns(roles("system", "System: " + TRIMMED + "\n\n", "assistant", "Assistant: " + TRIMMED + "\n\n",
                                "user", "User: " + TRIMMED + "\n\n{% if loop.last %}Assistant:{% endif %}"),
                        "");
            case "gigachat" ->
                "<s>" + turns(
                        "{% if m.role == 'system' and loop.first %}" + RAW + "<|message_sep|>{% elif m.role == 'user' %}user<|role_sep|>" + RAW
                                + "<|message_sep|>available functions<|role_sep|>[]<|message_sep|>{% elif m.role == 'assistant' %}"
                                + "assistant<|role_sep|>" + RAW + "<|message_sep|>{% endif %}",
                        "assistant<|role_sep|>");
            case "bailing", "bailing-think" ->
                turns(bailing(""), name.equals("bailing") ? "<role>ASSISTANT</role>" : "<role>ASSISTANT</role><think>");
            case "bailing2" ->
                "{% if not messages or messages[0].role != 'system' %}<role>SYSTEM</role>detailed thinking off<|role_end|>{% endif %}"
                        + turns(bailing("<|role_end|>"), "<role>ASSISTANT</role>");
            case "hunyuan-dense" ->
                turns("{% if m.role == 'system' and loop.first %}" + RAW + "<｜hy_place▁holder▁no▁3｜>{% endif %}"
                                + roles("assistant", "<｜hy_Assistant｜>" + RAW + "<｜hy_place▁holder▁no▁2｜>",
                                        "user", "<｜hy_User｜>" + RAW + "<｜hy_Assistant｜>"),
                        "");
            case "hunyuan-vl" ->
                "<｜hy_begin▁of▁sentence｜>" + turns(
                        "{% if m.role == 'system' and loop.first %}" + RAW + "<｜hy_place▁holder▁no▁3｜>{% endif %}"
                                + roles("user", RAW + "<｜hy_User｜>", "assistant", RAW + "<｜hy_Assistant｜>"),
                        "");
            case "pangu-embedded" ->
                turns("{% if loop.first and m.role != 'system' %}[unused9]系统：[unused10]{% endif %}"
                                + roles("system", "[unused9]系统：" + RAW + "[unused10]", "user", "[unused9]用户：" + RAW + "[unused10]",
                                        "assistant", "[unused9]助手：" + RAW + "[unused10]", "tool", "[unused9]工具：" + RAW + "[unused10]",
                                        "function", "[unused9]方法：" + RAW + "[unused10]"),
                        "[unused9]助手：");
            default -> null;
        };
    }

    /** A loop over the messages, then the begin of the answer. */
    private static String turns(String turn, String generationPrompt) {
        return "{% for m in messages %}" + turn + "{% endfor %}"
                + (generationPrompt.isEmpty() ? "" : "{% if add_generation_prompt %}" + generationPrompt + "{% endif %}");
    }

    /** What each role becomes: roles and texts alternate, the role {@code ""} stands for all others. */
    private static String roles(String... rolesAndTexts) {
        var out = new StringBuilder();
        for (int i = 0; i < rolesAndTexts.length; i += 2) {
            out.append(rolesAndTexts[i].isEmpty() ? "{% else %}" : (i == 0 ? "{% if" : "{% elif") + " m.role == '" + rolesAndTexts[i] + "' %}");
            out.append(rolesAndTexts[i + 1]);
        }
        return out.append("{% endif %}").toString();
    }

    private static String either(String role, String then, String otherwise) {
        return roles(role, then, "", otherwise);
    }

    private static String vicuna(String system) {
        return turns(roles("system", system, "user", "USER: " + RAW + "\n", "assistant", "ASSISTANT: " + RAW + "</s>\n"), "ASSISTANT:");
    }

    private static String bailing(String end) {
        return "<role>{{ 'HUMAN' if m.role == 'user' else m.role | upper }}</role>" + RAW + end;
    }

    /** Instructions open once for all messages up to the answer. */
    private static String mistral(String before, String after, String answer) {
        return "{% set ns = namespace(open=false) %}"
                + turns("{% if not ns.open %}{{ '" + before + "[INST]" + after + "' }}{% set ns.open = true %}{% endif %}"
                                + roles("system", RAW + "\n\n", "user", RAW + "{{ '" + before + "[/INST]' }}",
                                        "", "{{ '" + after + "' }}" + answer + "</s>{% set ns.open = false %}"),
                        "");
    }

    private static String mistral7(String blank) {
        return turns(
                roles("system", "[SYSTEM_PROMPT]" + blank + RAW + "[/SYSTEM_PROMPT]", "user", "[INST]" + blank + RAW + "[/INST]",
                        "", blank + RAW + "</s>"),
                "");
    }

    private static String llama2(String system, String bos, String text) {
        return "{{ '[INST] ' }}{% set ns = namespace(open=true) %}"
                + turns("{% if not ns.open %}" + bos + "{{ '[INST] ' }}{% set ns.open = true %}{% endif %}"
                                + roles("system", system, "user", text + "{{ ' [/INST]' }}", "", text + "</s>{% set ns.open = false %}"),
                        "");
    }

    private static final String TAKE_SYSTEM = "{% if ns.system %}{{ ns.system }}\n\n{% set ns.system = '' %}{% endif %}";

    /** For models without a system turn: its text goes in front of the next user's. */
    private static String systemInFront(String text, String turn, String generationPrompt) {
        return "{% set ns = namespace(system='') %}"
                + turns("{% if m.role == 'system' %}{% set t %}" + text + "{% endset %}{% set ns.system = ns.system + t %}{% else %}" + turn
                                + "{% endif %}",
                        generationPrompt);
    }
}
