package moka.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import moka.template.Message.TemplateValues;
import moka.template.TemplateException.Kind;
import moka.template.jinja.value.BooleanValue;
import moka.template.jinja.value.Dict;
import moka.template.jinja.value.FloatValue;
import moka.template.jinja.value.IntegerValue;
import moka.template.jinja.value.NoneValue;
import moka.template.jinja.value.Sequence;
import moka.template.jinja.value.Text;
import moka.template.jinja.value.Value;
import org.jspecify.annotations.Nullable;

/**
 * Turns what the caller hands in into values of the template language. All text is untrusted, but for two things that templates
 * make special tokens of: the texts of such tokens, which the engine reads from the vocabulary, and the roles that everybody knows,
 * since many templates write a turn's first token as {@code '<|' + role + '|>'}.
 */
final class ContextValues {
    private static final Set<String> SPECIAL_TOKENS =
            Set.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token", "additional_special_tokens");
    private static final Set<String> ROLES =
            Set.of("system", "user", "assistant", "tool", "developer", "function", "ipython", "model", "observation", "human", "gpt");
    private static final int MAX_DEPTH = 200;

    private long size;
    private int depth;

    /** Characters and elements converted so far. */
    long size() {
        return size;
    }

    /** The variables of a rendering. @throws TemplateException if a value is of a type that templates do not know */
    Dict variables(Map<String, Object> context) {
        Dict variables = Dict.given();
        for (Map.Entry<String, Object> entry : context.entrySet()) {
            String name = entry.getKey();
            boolean trusted = SPECIAL_TOKENS.contains(name);
            Value value = name.equals("messages") && entry.getValue() instanceof List<?> list
                    ? messages(list)
                    : value(entry.getValue(), trusted, name);
            variables.put(Text.trusted(name), value);
        }
        return variables;
    }

    private Value messages(List<?> messages) {
        var values = new ArrayList<Value>(messages.size());
        for (Object message : messages) {
            values.add(message instanceof Map<?, ?> fields ? dict(fields, true, "messages") : value(message, false, "messages"));
        }
        size += messages.size();
        return Sequence.given(values);
    }

    /** A message as the template sees it: role, content, then the other fields in their order. */
    Value message(Message message) {
        Dict dict = Dict.given();
        dict.put(Text.trusted("role"), role(message.role()));
        Object parts = message.fields().get("content");
        dict.put(Text.trusted("content"), value(parts == null ? message.content() : parts, false, "content"));
        for (Map.Entry<String, Object> field : message.fields().entrySet()) {
            if (!field.getKey().equals("content") && !field.getKey().equals("role")) {
                dict.put(untrusted(field.getKey()), value(field.getValue(), false, field.getKey()));
            }
        }
        return dict;
    }

    private Text role(String role) {
        return ROLES.contains(role) ? Text.trusted(role) : untrusted(role);
    }

    private Text untrusted(String text) {
        size += text.length();
        return Text.untrusted(text);
    }

    private Dict dict(Map<?, ?> map, boolean message, String where) {
        Dict dict = Dict.given();
        size += 4L * map.size();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            Object key = entry.getKey();
            Value value = message && "role".equals(key) && entry.getValue() instanceof String role
                    ? role(role)
                    : value(entry.getValue(), false, where);
            dict.put(value(key, false, where), value);
        }
        return dict;
    }

    private Value value(@Nullable Object object, boolean trusted, String where) {
        if (object instanceof CharSequence text) {
            return trusted ? Text.trusted(text.toString()) : untrusted(text.toString());
        }
        if (object == null || object == TemplateValues.NONE) {
            return NoneValue.NONE;
        }
        if (object instanceof Boolean bool) {
            return BooleanValue.of(bool);
        }
        if (object instanceof Number number) {
            return number(number, where);
        }
        if (++depth > MAX_DEPTH) {
            throw unusable(where, "values nested more than " + MAX_DEPTH + " deep");
        }
        Value value;
        if (object instanceof Map<?, ?> map) {
            value = dict(map, false, where);
        } else if (object instanceof List<?> list) {
            var elements = new ArrayList<Value>(list.size());
            size += list.size();
            for (Object element : list) {
                elements.add(value(element, trusted, where));
            }
            value = Sequence.given(elements);
        } else {
            throw unusable(where, "a " + object.getClass().getName());
        }
        depth--;
        return value;
    }

    private static Value number(Number number, String where) {
        if (number instanceof Long || number instanceof Integer || number instanceof Short || number instanceof Byte) {
            return IntegerValue.of(number.longValue());
        }
        if (number instanceof BigInteger big) {
            return IntegerValue.of(big);
        }
        if (number instanceof Double || number instanceof Float) {
            return new FloatValue(number.doubleValue());
        }
        throw unusable(where, "a " + number.getClass().getName());
    }

    private static TemplateException unusable(String where, String found) {
        return new TemplateException(
                Kind.INPUT,
                "",
                0,
                0,
                "template variable '" + where + "' holds " + found
                        + ": expected text, booleans, whole numbers, doubles, lists, maps or none");
    }
}
