package moka.template.jinja.value;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code namespace(…)}: the one value whose attributes a template can set, also from inside loops. */
public final class Namespace implements Value {
    private final Map<String, Value> attributes = new LinkedHashMap<>();

    public void set(String name, Value value) {
        attributes.put(name, value);
    }

    @Override
    public @Nullable Value attribute(String name, Run run) {
        return attributes.get(name);
    }

    @Override
    public @Nullable Value item(Value key, Run run) {
        return key instanceof Text name ? attributes.get(name.chars()) : null;
    }

    @Override
    public String typeName() {
        return "jinja2.utils.Namespace";
    }

    @Override
    public boolean isTrue() {
        return true;
    }

    @Override
    public boolean isIterable() {
        return false;
    }

    @Override
    public void repr(TextBuilder out) {
        // Names may come from a dict of the caller's.
        var shown = Dict.given();
        attributes.forEach((name, value) -> shown.put(Text.untrusted(name), value));
        out.append("<Namespace ");
        shown.repr(out);
        out.append(">");
    }
}
