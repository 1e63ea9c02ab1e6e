package moka.template.answer;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The inside of a tool call, in the notations that models are trained to write. What cannot be read gives no calls, and is then shown to the
 * user as the model wrote it.
 */
final class CallBody {
    /** Names that OpenAI and the model makers allow. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.:/-]{1,128}");

    private static final Pattern FUNCTION = Pattern.compile("<function(?:=|\\s+name=\")([^>\"\n]{1,128})\"?\\s*>");
    private static final Pattern FUNCTION_END = Pattern.compile("</function>");
    private static final Pattern INVOKE = Pattern.compile("<(?:｜DSML｜)?invoke\\s+name=\"([^\"\n]{1,128})\"\\s*>");
    private static final Pattern INVOKE_END = Pattern.compile("</(?:｜DSML｜)?invoke>");
    private static final Pattern PARAMETER = Pattern.compile(
            "<(?:｜DSML｜)?param(?:eter)?(?:=([^>\n]{1,128})|\\s+name=\"([^\"\n]{1,128})\"(?:\\s+string=\"(true|false)\")?)\\s*>");
    private static final Pattern PARAMETER_END = Pattern.compile("</(?:｜DSML｜)?param(?:eter)?>");

    /** What stands between the name of a call and its JSON arguments. */
    private static final List<String> SEPARATORS = List.of("<|tool_call_argument_begin|>", "<｜tool▁sep｜>", "[ARGS]");

    private final ToolSchemas schemas;

    CallBody(ToolSchemas schemas) {
        this.schemas = schemas;
    }

    /** Calls in a body of whatever notation, or none. */
    List<ToolCall> read(String body) {
        String text = withoutFence(body);
        if (text.startsWith("{") || text.startsWith("[")) {
            List<ToolCall> calls = json(text);
            return calls.isEmpty() && text.startsWith("[") ? new PythonCalls(text).read() : calls;
        }
        if (FUNCTION.matcher(text).lookingAt()) {
            return tagged(text, FUNCTION, FUNCTION_END);
        }
        if (INVOKE.matcher(text).lookingAt()) {
            return tagged(text, INVOKE, INVOKE_END);
        }
        if (GemmaCalls.begins(text)) {
            return new GemmaCalls(text).read();
        }
        for (String separator : SEPARATORS) {
            if (text.contains(separator)) {
                return separated(text, separator);
            }
        }
        int key = text.indexOf("<arg_key>");
        String name = (key < 0 ? text : text.substring(0, key)).strip();
        if (NAME.matcher(name).matches()) {
            return List.of(new ToolCall("", name, Json.write(pairs(name, key < 0 ? "" : text.substring(key)))));
        }
        return new PythonCalls(text).read();
    }

    /** {@code {"name", "arguments"}}, also by other names, or a list of such. */
    private static List<ToolCall> json(String text) {
        Object value = Json.parse(text);
        var calls = new ArrayList<ToolCall>();
        for (Object one : value instanceof List<?> list ? list : value == null ? List.of() : List.of(value)) {
            ToolCall call = one instanceof Map<?, ?> map ? call(map) : null;
            if (call == null) {
                return List.of();
            }
            calls.add(call);
        }
        return calls;
    }

    private static @Nullable ToolCall call(Map<?, ?> map) {
        Map<?, ?> function = map.get("function") instanceof Map<?, ?> inner ? inner : map;
        Object name = first(function, "name", "tool_name", "function");
        Object arguments = first(function, "arguments", "parameters");
        Object id = first(map, "id", "tool_call_id", "call_id");
        if (!(name instanceof String) && map.size() == 1) {
            // Apertus: {"name": {arguments}}.
            Map.Entry<?, ?> only = map.entrySet().iterator().next();
            String text = arguments(only.getValue());
            return text == null ? null : new ToolCall("", (String) only.getKey(), text);
        }
        if (!(name instanceof String called) || called.isEmpty()) {
            return null;
        }
        String text = arguments(arguments == null ? Map.of() : arguments);
        return text == null ? null : new ToolCall(id == null ? "" : id.toString(), called, text);
    }

    private static @Nullable Object first(Map<?, ?> map, String... keys) {
        for (String key : keys) {
            Object value = map.get(key);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    /** Arguments as an object's text; also of an object within a text, as OpenAI has it; null of anything else. */
    private static @Nullable String arguments(Object value) {
        if (value instanceof String text) {
            return Json.parse(text) instanceof Map<?, ?> map ? Json.write(map) : null;
        }
        return value instanceof Map<?, ?> ? Json.write(value) : null;
    }

    /** {@code NAME separator ARGUMENTS}. */
    private static List<ToolCall> separated(String text, String separator) {
        int at = text.indexOf(separator);
        String head = text.substring(0, at).strip();
        String body = text.substring(at + separator.length()).strip();
        if (head.equals("function") && !body.startsWith("{")) {
            // DeepSeek V3 and R1 write the kind first, then the name on a line of its own and a code fence.
            int line = body.indexOf('\n');
            head = (line < 0 ? body : body.substring(0, line)).strip();
            body = line < 0 ? "" : body.substring(line + 1).strip();
        }
        int callId = head.indexOf("[CALL_ID]");
        String id = callId < 0 ? "" : head.substring(callId + "[CALL_ID]".length()).strip();
        String name = callId < 0 ? head : head.substring(0, callId).strip();
        if (name.startsWith("functions.")) {
            // Kimi: functions.NAME:INDEX is the id as well.
            int colon = name.lastIndexOf(':');
            id = name;
            name = name.substring("functions.".length(), colon > 0 ? colon : name.length());
        }
        return named(id, name, body);
    }

    /** A call of a known name. @param body a JSON object, perhaps with a code fence around it; none stands for no arguments */
    static List<ToolCall> named(String id, String name, String body) {
        String text = withoutFence(body);
        Object value = text.isEmpty() ? Map.of() : Json.parse(text);
        String arguments = value == null ? null : arguments(value);
        return arguments != null && NAME.matcher(name).matches() ? List.of(new ToolCall(id, name, arguments)) : List.of();
    }

    private static String withoutFence(String body) {
        String text = body.strip();
        if (!text.startsWith("```")) {
            return text;
        }
        int line = text.indexOf('\n');
        int end = text.lastIndexOf("```");
        return line > 0 && end > line ? text.substring(line + 1, end).strip() : text;
    }

    /** {@code <function=name><parameter=key>value</parameter></function>} and its relatives. */
    private List<ToolCall> tagged(String text, Pattern open, Pattern close) {
        var calls = new ArrayList<ToolCall>();
        Matcher begin = open.matcher(text);
        int at = 0;
        while (begin.find(at)) {
            String name = begin.group(1).strip();
            int stop = find(close, text, begin.end());
            String inside = text.substring(begin.end(), stop).strip();
            if (inside.startsWith("{") || inside.startsWith("\"")) {
                List<ToolCall> call = named("", name, inside);
                if (call.isEmpty()) {
                    return List.of();
                }
                calls.addAll(call);
            } else {
                calls.add(new ToolCall("", name, Json.write(parameters(name, inside))));
            }
            at = stop;
        }
        return calls;
    }

    /** Where a pattern is found next, or the end. */
    private static int find(Pattern pattern, String text, int from) {
        Matcher matcher = pattern.matcher(text);
        return matcher.find(from) ? matcher.start() : text.length();
    }

    private Map<String, Object> parameters(String tool, String text) {
        var parameters = new LinkedHashMap<String, Object>();
        Matcher begin = PARAMETER.matcher(text);
        int at = 0;
        while (begin.find(at)) {
            String key = begin.group(1) != null ? begin.group(1).strip() : begin.group(2);
            int stop = find(PARAMETER_END, text, begin.end());
            String value = unwrapped(text.substring(begin.end(), stop));
            String isString = begin.group(3);
            parameters.put(key, isString == null ? schemas.value(tool, key, value) : isString.equals("true") ? value : ToolSchemas.guess(value));
            at = stop;
        }
        return parameters;
    }

    /** A value without the line breaks that set it on lines of its own. */
    private static String unwrapped(String value) {
        String text = value;
        if (text.startsWith("\n")) {
            text = text.substring(1, text.endsWith("\n") && text.length() > 1 ? text.length() - 1 : text.length());
        }
        return text.startsWith("<![CDATA[") && text.endsWith("]]>") ? text.substring(9, text.length() - 3) : text;
    }

    private Map<String, Object> pairs(String tool, String text) {
        var pairs = new LinkedHashMap<String, Object>();
        int at = 0;
        while (true) {
            int key = text.indexOf("<arg_key>", at);
            int keyEnd = key < 0 ? -1 : text.indexOf("</arg_key>", key);
            int value = keyEnd < 0 ? -1 : text.indexOf("<arg_value>", keyEnd);
            if (value < 0) {
                break;
            }
            int valueEnd = text.indexOf("</arg_value>", value);
            at = valueEnd < 0 ? text.length() : valueEnd;
            String name = text.substring(key + "<arg_key>".length(), keyEnd).strip();
            pairs.put(name, schemas.value(tool, name, text.substring(value + "<arg_value>".length(), at)));
        }
        return pairs;
    }
}
