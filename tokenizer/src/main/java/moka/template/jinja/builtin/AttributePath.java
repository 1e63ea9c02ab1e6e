package moka.template.jinja.builtin;

import java.util.ArrayList;
import java.util.List;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.Members;
import moka.template.jinja.value.Run;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.Undefined;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/** An attribute as filters name it: {@code 'name'}, {@code 'function.name'}, {@code 0}. */
record AttributePath(List<Value> keys) {
    static AttributePath of(Value attribute) {
        if (!(attribute instanceof Text text)) {
            return new AttributePath(List.of(attribute));
        }
        return new AttributePath(split(text, '.'));
    }

    /** Several attributes with commas between them. */
    static List<AttributePath> several(Value attributes) {
        if (!(attributes instanceof Text text)) {
            return List.of(of(attributes));
        }
        var paths = new ArrayList<AttributePath>();
        int begin = 0;
        for (int at = text.chars().indexOf(','); at >= 0; at = text.chars().indexOf(',', begin)) {
            paths.add(of(text.part(begin, at)));
            begin = at + 1;
        }
        paths.add(of(text.part(begin, text.chars().length())));
        return paths;
    }

    private static List<Value> split(Text text, char separator) {
        var keys = new ArrayList<Value>();
        int begin = 0;
        for (int i = 0; i <= text.chars().length(); i++) {
            if (i == text.chars().length() || text.chars().charAt(i) == separator) {
                keys.add(key(text.part(begin, i)));
                begin = i + 1;
            }
        }
        return keys;
    }

    private static Value key(Text name) {
        String chars = name.chars();
        if (chars.isEmpty() || chars.length() > 9) {
            return name;
        }
        for (int i = 0; i < chars.length(); i++) {
            if (chars.charAt(i) < '0' || chars.charAt(i) > '9') {
                return name;
            }
        }
        return IntegerValue.of(Integer.parseInt(chars));
    }

    Value get(Value value, Run run) {
        return get(value, null, run);
    }

    /** @param otherwise what stands for each missing attribute on the way, or null */
    Value get(Value value, @Nullable Value otherwise, Run run) {
        Value found = value;
        for (Value key : keys) {
            found = Members.item(found, key, run);
            if (otherwise != null && found instanceof Undefined) {
                found = otherwise;
            }
        }
        return found;
    }
}
