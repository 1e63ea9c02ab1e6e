package moka.template.jinja.builtin;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import moka.template.jinja.value.Arguments;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.FloatValue;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.JinjaException;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Numbers;
import moka.template.jinja.value.Operators;
import moka.template.jinja.value.PythonPrinting;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.TextBuilder;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** {@code tojson(ensure_ascii, indent, separators, sort_keys)}: the layout of Python's {@code json.dumps}, without escapes for HTML. */
final class JsonWriter {
    private static final String HEX = "0123456789abcdef";

    private final TextBuilder out;
    private final boolean ascii;
    private final boolean sortKeys;
    private final @Nullable String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private boolean untrusted;

    private JsonWriter(TextBuilder out, boolean ascii, boolean sortKeys, @Nullable String indent, String itemSeparator, String keySeparator) {
        this.out = out;
        this.ascii = ascii;
        this.sortKeys = sortKeys;
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
    }

    /** One text, trusted only if no part of the value came from outside. */
    static Value filter(Value input, Arguments arguments, Run run) {
        var bound = arguments.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        boolean ascii = bound[0] != null && bound[0].isTrue();
        boolean sortKeys = bound[3] != null && bound[3].isTrue();
        String indent = indent(bound[1], run);
        boolean untrusted = bound[1] instanceof Text text && !text.isTrusted();
        String itemSeparator = indent == null ? ", " : ",";
        String keySeparator = ": ";
        if (bound[2] != null && bound[2] != NoneValue.NONE) {
            List<Value> separators = bound[2].elements(run);
            if (separators.size() != 2 || !(separators.get(0) instanceof Text item) || !(separators.get(1) instanceof Text key)) {
                throw JinjaException.value("tojson: separators must be two texts");
            }
            itemSeparator = item.chars();
            keySeparator = key.chars();
            untrusted |= !item.isTrusted() || !key.isTrusted();
        }
        var out = new TextBuilder(run);
        var writer = new JsonWriter(out, ascii, sortKeys, indent, itemSeparator, keySeparator);
        writer.write(input, 0);
        Text json = out.toText();
        return untrusted || writer.untrusted ? Text.untrusted(json.chars()) : json;
    }

    private static @Nullable String indent(@Nullable Value indent, Run run) {
        if (indent == null || indent == NoneValue.NONE) {
            return null;
        }
        if (indent instanceof Text text) {
            return text.chars();
        }
        return new TextBuilder(run).repeat(Text.trusted(" "), Numbers.longArgument(indent)).toText().chars();
    }

    private void write(Value value, int level) {
        if (value instanceof Text text) {
            writeText(text);
        } else if (value instanceof Dict dict) {
            writeDict(dict, level);
        } else if (value instanceof Sequence sequence) {
            writeSequence(sequence, level);
        } else {
            out.append(scalar(value));
        }
    }

    private static String scalar(Value value) {
        if (value == NoneValue.NONE) {
            return "null";
        }
        if (value instanceof BooleanValue) {
            return value.isTrue() ? "true" : "false";
        }
        if (value instanceof IntegerValue integer) {
            return integer.digits();
        }
        if (value instanceof FloatValue number) {
            double real = number.value();
            return Double.isNaN(real) ? "NaN" : Double.isInfinite(real) ? real > 0 ? "Infinity" : "-Infinity" : PythonPrinting.repr(real);
        }
        throw JinjaException.type("Object of type " + (value instanceof Undefined ? "Undefined" : value.typeName()) + " is not JSON serializable");
    }

    private void writeSequence(Sequence sequence, int level) {
        if (!sequence.isTrue()) {
            out.append("[]");
            return;
        }
        out.run().enter(1);
        out.append("[");
        String separator = "";
        for (Value element : sequence.values()) {
            out.append(separator);
            newLine(level + 1);
            write(element, level + 1);
            separator = itemSeparator;
        }
        newLine(level);
        out.append("]");
        out.run().leave(1);
    }

    private void writeDict(Dict dict, int level) {
        if (!dict.isTrue()) {
            out.append("{}");
            return;
        }
        out.run().enter(1);
        out.append("{");
        String separator = "";
        for (Dict.Entry entry : entries(dict)) {
            out.append(separator);
            newLine(level + 1);
            writeText(key(entry.key()));
            out.append(keySeparator);
            write(entry.value(), level + 1);
            separator = itemSeparator;
        }
        newLine(level);
        out.append("}");
        out.run().leave(1);
    }

    private Collection<Dict.Entry> entries(Dict dict) {
        if (!sortKeys) {
            return dict.entries();
        }
        var sorted = new ArrayList<>(dict.entries());
        sorted.sort((a, b) -> Operators.compare("<", a.key(), b.key(), out.run()));
        return sorted;
    }

    private static Text key(Value key) {
        if (key instanceof Text text) {
            return text;
        }
        if (key == NoneValue.NONE || Numbers.isNumber(key)) {
            return Text.trusted(scalar(key));
        }
        throw JinjaException.type("keys must be str, int, float, bool or None, not " + key.typeName());
    }

    private void newLine(int level) {
        if (indent != null) {
            out.append("\n").repeat(Text.trusted(indent), level);
        }
    }

    private void writeText(Text text) {
        untrusted |= !text.isTrusted();
        String chars = text.chars();
        out.append("\"");
        int plain = 0;
        for (int i = 0; i < chars.length(); i++) {
            char one = chars.charAt(i);
            if (one < ' ' || one == '"' || one == '\\' || ascii && one > '~') {
                out.append(chars.substring(plain, i)).append(escape(one));
                plain = i + 1;
            }
        }
        out.append(chars.substring(plain)).append("\"");
    }

    private static String escape(char one) {
        return switch (one) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            case 0x7f -> "\u007f";
            default ->
                "\\u" + HEX.charAt(one >> 12) + HEX.charAt(one >> 8 & 15) + HEX.charAt(one >> 4 & 15) + HEX.charAt(one & 15);
        };
    }
}
