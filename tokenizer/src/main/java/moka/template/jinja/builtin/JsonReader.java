package moka.template.jinja.builtin;

import java.math.BigInteger;
import java.util.ArrayList;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.FloatValue;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;

/**
 * {@code from_json}, which the templates of DeepSeek V3.2 and V4 apply to tool arguments given as text. The reference has no such
 * filter and fails there; other engines have it.
 */
final class JsonReader {
    private static final int MAX_DIGITS = 4300;

    private final Text source;
    private final String chars;
    private final Run run;
    private int at;

    private JsonReader(Text source, Run run) {
        this.source = source;
        this.chars = source.chars();
        this.run = run;
    }

    static Value filter(Value input, Run run) {
        if (input instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (!(input instanceof Text text)) {
            throw JinjaException.type("the JSON object must be str, not " + input.typeName());
        }
        var reader = new JsonReader(text, run);
        Value value = reader.read();
        reader.skipBlanks();
        if (reader.at < reader.chars.length()) {
            throw reader.malformed("the end");
        }
        return value;
    }

    private Value read() {
        skipBlanks();
        run.charge(8);
        char first = at < chars.length() ? chars.charAt(at) : 0;
        return switch (first) {
            case '{' -> readObject();
            case '[' -> readArray();
            case '"' -> readText();
            case 't' -> literal("true", BooleanValue.TRUE);
            case 'f' -> literal("false", BooleanValue.FALSE);
            case 'n' -> literal("null", NoneValue.NONE);
            case 'N' -> literal("NaN", new FloatValue(Double.NaN));
            case 'I' -> literal("Infinity", new FloatValue(Double.POSITIVE_INFINITY));
            default -> readNumber();
        };
    }

    private Value readObject() {
        run.enter(1);
        Dict dict = Dict.own();
        at++;
        while (!skip('}')) {
            if (dict.isTrue()) {
                expect(',');
            }
            skipBlanks();
            if (at == chars.length() || chars.charAt(at) != '"') {
                throw malformed("a key in quotes");
            }
            Text key = readText();
            expect(':');
            run.charge(16);
            dict.put(key, read());
        }
        run.leave(1);
        return dict;
    }

    private Value readArray() {
        run.enter(1);
        var elements = new ArrayList<Value>();
        at++;
        while (!skip(']')) {
            if (!elements.isEmpty()) {
                expect(',');
            }
            elements.add(read());
        }
        run.leave(1);
        return Sequence.list(elements);
    }

    private Text readText() {
        var out = new TextBuilder(run);
        int plain = ++at;
        while (at < chars.length()) {
            char one = chars.charAt(at);
            if (one == '"') {
                out.append(source, plain, at++);
                return out.toText().asPlain();
            }
            if (one == '\\') {
                out.append(source, plain, at);
                out.derived(source, readEscape());
                plain = at;
            } else {
                at++;
            }
        }
        throw malformed("a closing quote");
    }

    private String readEscape() {
        char kind = at + 1 < chars.length() ? chars.charAt(at + 1) : 0;
        at += 2;
        return switch (kind) {
            case '"', '\\', '/' -> Character.toString(kind);
            case 'n' -> "\n";
            case 'r' -> "\r";
            case 't' -> "\t";
            case 'b' -> "\b";
            case 'f' -> "\f";
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++, at++) {
                    int digit = at < chars.length() ? Character.digit(chars.charAt(at), 16) : -1;
                    if (digit < 0) {
                        throw malformed("four hexadecimal digits");
                    }
                    code = code << 4 | digit;
                }
                yield Character.toString((char) code);
            }
            default -> throw malformed("an escape");
        };
    }

    private Value readNumber() {
        int begin = at;
        boolean real = false;
        while (at < chars.length() && "+-.eE0123456789".indexOf(chars.charAt(at)) >= 0) {
            real |= ".eE".indexOf(chars.charAt(at)) >= 0;
            at++;
        }
        String digits = chars.substring(begin, at);
        if (digits.equals("-") && chars.startsWith("Infinity", at)) {
            at += "Infinity".length();
            return new FloatValue(Double.NEGATIVE_INFINITY);
        }
        try {
            if (digits.length() <= MAX_DIGITS && !digits.startsWith("+")) {
                return real ? new FloatValue(Double.parseDouble(digits)) : IntegerValue.of(new BigInteger(digits));
            }
        } catch (NumberFormatException none) {
            // falls through to the message
        }
        at = begin;
        throw malformed("a value");
    }

    private Value literal(String name, Value value) {
        if (!chars.startsWith(name, at)) {
            throw malformed("a value");
        }
        at += name.length();
        return value;
    }

    private void expect(char one) {
        if (!skip(one)) {
            throw malformed("'" + one + "'");
        }
    }

    private boolean skip(char one) {
        skipBlanks();
        if (at < chars.length() && chars.charAt(at) == one) {
            at++;
            return true;
        }
        return false;
    }

    private void skipBlanks() {
        while (at < chars.length() && " \t\r\n".indexOf(chars.charAt(at)) >= 0) {
            at++;
        }
    }

    private JinjaException malformed(String expected) {
        return JinjaException.value("from_json: expected " + expected + " at character " + source.index(Math.min(at, chars.length())));
    }
}
