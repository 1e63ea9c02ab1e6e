package moka.template.answer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AnswerParserTest {
    private static final String WEATHER = "{\"city\": \"Zürich\", \"unit\": \"celsius\"}";

    /** An answer as a model writes it, and its parts. @param calls name and arguments of each */
    private record Case(AnswerFormat format, String prompt, String text, String content, String reasoning, String... calls) {}

    private static Case of(AnswerFormat format, String text, String content, String reasoning, String... calls) {
        return new Case(format, "", text, content, reasoning, calls);
    }

    private static final List<Case> CASES = List.of(
            of(AnswerFormat.PLAIN, "", "", ""),
            of(AnswerFormat.PLAIN, "  Just text.\n\n", "  Just text.\n\n", ""),
            of(AnswerFormat.PLAIN, "<think>\nHm.\n</think>\n\nFour.", "Four.", "Hm."),
            of(AnswerFormat.PLAIN, "<think></think>Four.\n", "Four.", ""),
            of(AnswerFormat.PLAIN, "<think>Cut off", "", "Cut off"),
            of(AnswerFormat.PLAIN, "a < b <thin and <think", "a < b <thin and <think", ""),
            of(AnswerFormat.PLAIN, "One<think>two</think>three", "One\nthree", "two"),
            new Case(AnswerFormat.PLAIN, "…<|assistant|><think>\n", "Hm.\n</think>\nFour.", "Four.", "Hm."),
            new Case(AnswerFormat.PLAIN, "…<think>\n", "<think>\nHm.</think>Four.", "Four.", "Hm."),
            new Case(AnswerFormat.PLAIN, "…<think>\n\n</think>\n\n", "Four.", "Four.", ""),
            of(AnswerFormat.HERMES, "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": " + WEATHER + "}\n</tool_call>", "", "", "get_weather", WEATHER),
            of(AnswerFormat.HERMES,
                    "<think>\nI need both.\n</think>\n\nOne moment.\n<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n"
                            + "{\"name\": \"b\", \"arguments\": {\"x\": \"</tool_call>\", \"y\": \"\\\"}\"}}\n</tool_call>",
                    "One moment.", "I need both.", "a", "{}", "b", "{\"x\": \"</tool_call>\", \"y\": \"\\\"}\"}"),
            of(AnswerFormat.HERMES, "<tool_call>{\"name\": \"a\", \"arguments\": \"{\\\"x\\\": 1}\"}", "", "", "a", "{\"x\": 1}"),
            of(AnswerFormat.HERMES, "<tool_call>{\"name\": \"a\", \"arguments\": {}}\n{\"name\": \"b\", \"arguments\": {}}</tool_call>", "", "", "a", "{}", "b", "{}"),
            of(AnswerFormat.HERMES, "<tool_call>not a call, you see</tool_call> ok", "<tool_call>not a call, you see</tool_call> ok", ""),
            of(AnswerFormat.HERMES, "<tool_call>{\"name\": \"a\", \"arguments\": {", "<tool_call>{\"name\": \"a\", \"arguments\": {", ""),
            of(AnswerFormat.HERMES, "<tool_call>{\"name\": \"a</tool_call> and more", "<tool_call>{\"name\": \"a</tool_call> and more", ""),
            of(AnswerFormat.HERMES,
                    "<tool_call>\n<function=run>\n<parameter=code>\nif a < \"b\" {\n  x\n}\n</parameter>\n<parameter=n>\n12\n</parameter>\n</function>\n</tool_call>",
                    "", "", "run", "{\"code\": \"if a < \\\"b\\\" {\\n  x\\n}\", \"n\": 12}"),
            of(AnswerFormat.HERMES, "<function=run>\n<parameter=n>\ntrue\n</parameter>\n</function>", "", "", "run", "{\"n\": true}"),
            of(AnswerFormat.HERMES, "<function name=\"run\"><param name=\"a\"><![CDATA[<b>\n]]></param></function>", "", "", "run", "{\"a\": \"<b>\\n\"}"),
            of(AnswerFormat.GLM,
                    "\n<think>Go.</think>\n<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Zürich</arg_value>\n<arg_key>days</arg_key>\n"
                            + "<arg_value>[1, 2]</arg_value>\n</tool_call>",
                    "", "Go.", "get_weather", "{\"city\": \"Zürich\", \"days\": [1, 2]}"),
            of(AnswerFormat.GLM, "<tool_call>now\n</tool_call>", "", "", "now", "{}"),
            of(AnswerFormat.LLAMA_3, "{\"name\": \"get_weather\", \"parameters\": " + WEATHER + "}", "", "", "get_weather", WEATHER),
            of(AnswerFormat.LLAMA_3, "\n{\"type\": \"function\", \"name\": \"a\", \"parameters\": {}}; {\"name\": \"b\", \"parameters\": {\"x\": 1.5}}\n", "", "", "a", "{}", "b", "{\"x\": 1.5}"),
            of(AnswerFormat.LLAMA_3, "{\"result\": 4}", "{\"result\": 4}", ""),
            of(AnswerFormat.LLAMA_3, "{ is a brace", "{ is a brace", ""),
            of(AnswerFormat.LLAMA_3, "[1] says so.", "[1] says so.", ""),
            of(AnswerFormat.LLAMA_3, "<|python_tag|>{\"name\": \"a\", \"parameters\": {}}", "", "", "a", "{}"),
            of(AnswerFormat.LLAMA_3, "<|python_tag|>brave_search.call(query=\"Zürich, \\\"now\\\"\")", "", "", "brave_search", "{\"query\": \"Zürich, \\\"now\\\"\"}"),
            of(AnswerFormat.LLAMA_3, "<|python_tag|>import os\nprint(1)", "", "", "python", "{\"code\": \"import os\\nprint(1)\"}"),
            of(AnswerFormat.LLAMA_3, "[get_weather(city='Zürich', days=[1, 2], exact=True), now()]", "", "",
                    "get_weather", "{\"city\": \"Zürich\", \"days\": [1, 2], \"exact\": true}", "now", "{}"),
            of(AnswerFormat.MISTRAL, "[TOOL_CALLS] [{\"name\": \"a\", \"arguments\": {\"x\": 1}, \"id\": \"abcdefghi\"}, {\"name\": \"b\", \"arguments\": {}}]", "", "", "a", "{\"x\": 1}", "b", "{}"),
            of(AnswerFormat.MISTRAL, "[THINK]Hm.[/THINK]Sure.[TOOL_CALLS]a[ARGS]{\"x\": \"[TOOL_CALLS]\"}[TOOL_CALLS]b[CALL_ID]123456789[ARGS]{}", "Sure.", "Hm.",
                    "a", "{\"x\": \"[TOOL_CALLS]\"}", "b", "{}"),
            of(AnswerFormat.MISTRAL, "Text [TOOL", "Text [TOOL", ""),
            of(AnswerFormat.FUNCTIONARY_2, "get_weather\n<|content|>" + WEATHER + "\n<|from|>assistant\n<|recipient|>b\n<|content|>{}<|stop|>", "", "", "get_weather", WEATHER, "b", "{}"),
            of(AnswerFormat.FUNCTIONARY_2, "all\n<|content|>Hello\nyou.<|stop|>", "Hello\nyou.", ""),
            of(AnswerFormat.FUNCTIONARY_3_1, "<function=get_weather>" + WEATHER + "</function><function=b>{}</function>", "", "", "get_weather", WEATHER, "b", "{}"),
            of(AnswerFormat.FUNCTIONARY_3_1, "Sum: <function is a word", "Sum: <function is a word", ""),
            of(AnswerFormat.FUNCTIONARY_3_1, "<|python_tag|>print(2)", "", "", "python", "{\"code\": \"print(2)\"}"),
            of(AnswerFormat.FUNCTIONARY_3_2, "all\nIn Python:\n>>> 1 + 1\n2\n>>>x\ny\n>>>get_weather\n" + WEATHER + "\n>>>b\n{}", "In Python:\n>>> 1 + 1\n2\n>>>x\ny", "",
                    "get_weather", WEATHER, "b", "{}"),
            of(AnswerFormat.FUNCTIONARY_3_2, "get_weather\n" + WEATHER, "", "", "get_weather", WEATHER),
            of(AnswerFormat.FUNCTIONARY_3_2, ">>>all\nHello", "Hello", ""),
            of(AnswerFormat.FUNCTIONARY_3_2, "Hello\nyou", "Hello\nyou", ""),
            of(AnswerFormat.FUNCTIONARY_3_2, "python\nprint(1)", "", "", "python", "{\"code\": \"print(1)\"}"),
            of(AnswerFormat.DEEPSEEK,
                    "<think>Hm.</think>Ok.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n" + WEATHER
                            + "\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>b\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
                    "Ok.", "Hm.", "get_weather", WEATHER, "b", "{}"),
            of(AnswerFormat.DEEPSEEK, "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>get_weather<｜tool▁sep｜>" + WEATHER + "<｜tool▁call▁end｜><｜tool▁calls▁end｜>", "", "", "get_weather", WEATHER),
            of(AnswerFormat.DEEPSEEK, "<think>Never ends<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>a<｜tool▁sep｜>{}<｜tool▁call▁end｜>", "", "Never ends", "a", "{}"),
            of(AnswerFormat.DEEPSEEK_DSML,
                    "I look.\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"get_weather\">\n<｜DSML｜parameter name=\"city\" string=\"true\">12</｜DSML｜parameter>\n"
                            + "<｜DSML｜parameter name=\"n\" string=\"false\">12</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>",
                    "I look.", "", "get_weather", "{\"city\": \"12\", \"n\": 12}"),
            of(AnswerFormat.HARMONY, "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Four.<|return|>", "Four.", "Hm."),
            of(AnswerFormat.HARMONY,
                    "<|channel|>analysis<|message|>Need it.<|end|><|start|>assistant<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>" + WEATHER + "<|call|>",
                    "", "Need it.", "get_weather", WEATHER),
            of(AnswerFormat.HARMONY, " to=functions.a<|channel|>commentary json<|message|>{}", "", "", "a", "{}"),
            of(AnswerFormat.HARMONY, "<|channel|>commentary<|message|>I will look.<|end|><|start|>assistant to=functions.a<|channel|>commentary json<|message|>{}<|call|>",
                    "I will look.", "", "a", "{}"),
            of(AnswerFormat.HARMONY, "<|channel|>analysis to=python code<|message|>print(1)<|call|>", "", "", "python", "{\"code\": \"print(1)\"}"),
            of(AnswerFormat.HARMONY, "No markers at all.", "No markers at all.", ""),
            of(AnswerFormat.HARMONY, "<|channel|>final<|message|>", "", ""),
            of(AnswerFormat.KIMI,
                    "Wait.<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>" + WEATHER
                            + "<|tool_call_end|><|tool_call_begin|>functions.b:1<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_calls_section_end|>",
                    "Wait.", "", "get_weather", WEATHER, "b", "{}"),
            of(AnswerFormat.KIMI, "<think>Hm.<|tool_calls_section_begin|><|tool_call_begin|>functions.a:3<|tool_call_argument_begin|>{}<|tool_call_end|>", "", "Hm.", "a", "{}"),
            of(AnswerFormat.KIMI, "◁think▷Hm.◁/think▷Four.", "Four.", "Hm."),
            of(AnswerFormat.COMMAND, "<|START_THINKING|>Hm.<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\": \"0\", \"tool_name\": \"a\", \"parameters\": {}}\n]<|END_ACTION|>", "", "Hm.", "a", "{}"),
            of(AnswerFormat.COMMAND, "<|START_RESPONSE|>Four.<|END_RESPONSE|>", "Four.", ""),
            of(AnswerFormat.GRANITE, "<|tool_call|>[{\"name\": \"a\", \"arguments\": {}}]", "", "", "a", "{}"),
            of(AnswerFormat.LFM2, "<|tool_call_start|>[get_weather(city=\"Zürich\")]<|tool_call_end|>Now.", "Now.", "", "get_weather", "{\"city\": \"Zürich\"}"),
            of(AnswerFormat.MINIMAX,
                    "<minimax:tool_call>\n<invoke name=\"a\">\n<parameter name=\"x\">1</parameter>\n</invoke>\n<invoke name=\"b\">\n</invoke>\n</minimax:tool_call>", "", "",
                    "a", "{\"x\": 1}", "b", "{}"),
            of(AnswerFormat.SEED, "<seed:think>Hm.</seed:think><seed:tool_call>\n<function=a>\n<parameter=x>1 2</parameter>\n</function>\n</seed:tool_call>", "", "Hm.", "a", "{\"x\": \"1 2\"}"),
            of(AnswerFormat.GEMMA,
                    "<|channel>thought\nHm.\n<channel|>Ok.<|tool_call>call:f{city:<|\"|>Zürich, {now}<|\"|>,n:12,on:true,l:[<|\"|>a<|\"|>,null],o:{}}<tool_call|><|tool_call>call:g{}<tool_call|>",
                    "Ok.", "Hm.", "f", "{\"city\": \"Zürich, {now}\", \"n\": 12, \"on\": true, \"l\": [\"a\", null], \"o\": {}}", "g", "{}"),
            of(AnswerFormat.NEMOTRON, "<TOOLCALL>[{\"name\": \"a\", \"arguments\": {}}]</TOOLCALL>", "", "", "a", "{}"),
            of(AnswerFormat.APERTUS, "<|tools_prefix|>[{\"a\": {\"x\": 1}}, {\"b\": {}}]<|tools_suffix|>", "", "", "a", "{\"x\": 1}", "b", "{}"),
            of(AnswerFormat.FIREFUNCTION, " functools[{\"name\": \"a\", \"arguments\": {}}]", "", "", "a", "{}"));

    @Test
    void takesWholeAnswersApart() {
        for (Case one : CASES) {
            var parser = new AnswerParser(one.format, AnswerListener.SILENT, one.prompt, List.of());
            parser.accept(one.text);
            assertEquals(shown(one.content, one.reasoning, one.calls), shown(parser.finish()), one.format + ": " + one.text);
        }
    }

    private static String shown(Answer answer) {
        return shown(
                answer.content(), answer.reasoning(),
                answer.toolCalls().stream().flatMap(call -> List.of(call.name(), call.arguments()).stream()).toArray(String[]::new));
    }

    private static String shown(String content, String reasoning, String... calls) {
        return "content [" + content + "] reasoning [" + reasoning + "] calls " + Arrays.toString(calls);
    }

    @Test
    void findsTheSameHoweverTheTextIsCut() {
        var random = new SplittableRandom(14);
        int cuts = 0;
        for (Case one : CASES) {
            Answer whole = parse(one, List.of(one.text));
            var letters = one.text.codePoints().mapToObj(Character::toString).toList();
            assertEquals(whole, parse(one, letters), one.text);
            for (int cut = 1; cut < one.text.length(); cut++) {
                assertEquals(whole, parse(one, List.of(one.text.substring(0, cut), one.text.substring(cut))), one.text);
                cuts++;
            }
            for (int round = 0; round < 50; round++) {
                assertEquals(whole, parse(one, pieces(one.text, random)), one.text);
                cuts++;
            }
        }
        System.out.println("answers: " + CASES.size() + " cut in " + cuts + " ways");
    }

    /** Random mixtures of markers, names, JSON and text are read the same in one piece and letter by letter, and end. */
    @Test
    void findsTheSameInRandomAnswersHoweverTheyAreCut() {
        var random = new SplittableRandom(1);
        int answers = 0;
        for (AnswerFormat format : AnswerFormat.values()) {
            var words = new ArrayList<>(List.of(
                    " ", "\n", "a", "{", "}", "[", "]", "\"", "\\", "{\"name\": \"f\", \"arguments\": {}}", "f(x=1)", "all\n", "f\n", ">>>", "to=functions.f", "<", ">", ";", ",",
                    "analysis", "final", "[ARGS]", "<|tool_call_argument_begin|>", "<｜tool▁sep｜>", "<function=f>", "</function>", "<parameter=x>", "</parameter>",
                    "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>", "```", "=", "(", ")", "😀", "<|", "</"));
            for (Section section : format.sections()) {
                words.add(section.open());
                words.add(section.close());
            }
            words.addAll(List.of("<|channel|>", "<|message|>", "<|end|>", "<|start|>", "<|recipient|>", "<|content|>", "<|from|>assistant\n", "<|stop|>"));
            for (int round = 0; round < 1500; round++) {
                var text = new StringBuilder();
                for (int i = random.nextInt(12); i >= 0; i--) {
                    String word = words.get(random.nextInt(words.size()));
                    text.append(random.nextInt(6) == 0 ? word.substring(0, random.nextInt(word.length() + 1)) : word);
                }
                var one = new Case(format, random.nextInt(4) == 0 ? "<think>" : "", text.toString(), "", "");
                Answer whole = parse(one, List.of(one.text));
                assertEquals(whole, parse(one, text.chars().mapToObj(letter -> Character.toString((char) letter)).toList()), format + ": " + text);
                assertEquals(whole, parse(one, pieces(one.text, random)), format + ": " + text);
                answers++;
            }
        }
        System.out.println("answers: " + answers + " random ones");
    }

    private static List<String> pieces(String text, SplittableRandom random) {
        var pieces = new ArrayList<String>();
        for (int at = 0; at < text.length(); ) {
            int end = Math.min(text.length(), at + 1 + random.nextInt(9));
            pieces.add(text.substring(at, end));
            at = end;
        }
        return pieces;
    }

    /** Reads the pieces, and checks that the listener heard what the answer says. */
    private static Answer parse(Case one, List<String> pieces) {
        var content = new StringBuilder();
        var reasoning = new StringBuilder();
        var calls = new ArrayList<ToolCall>();
        var parser = new AnswerParser(one.format, new AnswerListener() {
            @Override
            public void onContent(String text) {
                content.append(text);
            }

            @Override
            public void onReasoning(String text) {
                reasoning.append(text);
            }

            @Override
            public void onToolCall(ToolCall call) {
                calls.add(call);
            }
        }, one.prompt, List.of());
        pieces.forEach(parser::accept);
        Answer answer = parser.finish();
        assertEquals(new Answer(content.toString(), reasoning.toString(), calls), answer);
        return answer;
    }

    @Test
    void tellsTextAsSoonAsNoMarkerCanBeginInIt() {
        var heard = new ArrayList<String>();
        var parser = new AnswerParser(AnswerFormat.HERMES, new AnswerListener() {
            @Override
            public void onContent(String text) {
                heard.add(text);
            }
        });
        parser.accept("One <");
        parser.accept("b> two <tool");
        parser.accept("_box> three");
        assertEquals(List.of("One", " <b> two", " <tool_box> three"), heard);
    }

    @Test
    void takesTextForTextWhereTheSchemaSaysSo() {
        var tools = List.of(Map.of("type", "function", "function", Map.of(
                "name", "f", "parameters", Map.of("properties", Map.of("zip", Map.of("type", "string"), "n", Map.of("type", "integer"))))));
        String text = "<tool_call>f\n<arg_key>zip</arg_key>\n<arg_value>8001</arg_value>\n<arg_key>n</arg_key>\n<arg_value>8001</arg_value>\n</tool_call>";
        var parser = new AnswerParser(AnswerFormat.GLM, AnswerListener.SILENT, "", tools);
        parser.accept(text);
        assertEquals("{\"zip\": \"8001\", \"n\": 8001}", parser.finish().toolCalls().getFirst().arguments());
    }

    @Test
    void keepsTheIdsOfTheModelAndMakesOthers() {
        Answer answer = AnswerParser.parse(AnswerFormat.MISTRAL, "[TOOL_CALLS][{\"name\": \"a\", \"arguments\": {}, \"id\": \"abcdefghi\"}, {\"name\": \"b\", \"arguments\": {}}]");
        assertEquals(List.of("abcdefghi", "call00001"), answer.toolCalls().stream().map(ToolCall::id).toList());
        Answer kimi = AnswerParser.parse(AnswerFormat.KIMI, "<|tool_call_begin|>functions.a:4<|tool_call_argument_begin|>{}<|tool_call_end|>");
        assertEquals("functions.a:4", kimi.toolCalls().getFirst().id());
    }

    @Test
    void makesAMessageToGoOnWith() {
        Answer answer = AnswerParser.parse(AnswerFormat.HERMES, "<think>Hm.</think>Look.<tool_call>{\"name\": \"a\", \"arguments\": {\"x\": [1, 2.5, null, \"s\"]}}</tool_call>");
        var message = answer.toMessage();
        assertEquals("assistant", message.role());
        assertEquals("Look.", message.content());
        assertEquals("Hm.", message.fields().get("reasoning_content"));
        assertEquals(
                List.of(Map.of("type", "function", "id", "call00000", "function", Map.of("name", "a", "arguments", answer.toolCalls().getFirst().argumentValues()))),
                message.fields().get("tool_calls"));
    }

    @Test
    void readsNothingAfterTheEnd() {
        var parser = new AnswerParser(AnswerFormat.PLAIN, AnswerListener.SILENT);
        parser.accept("a");
        assertEquals("a", parser.finish().content());
        assertEquals("a", parser.finish().content());
        assertThrows(IllegalStateException.class, () -> parser.accept("b"));
    }
}
