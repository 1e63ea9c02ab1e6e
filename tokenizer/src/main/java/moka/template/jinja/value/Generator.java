package moka.template.jinja.value;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What lazy filters such as {@code map} give: elements made when they are first asked for, and given once. */
public final class Generator implements Value {
    private final String name;
    private @Nullable Supplier<List<Value>> source;

    /** @param name how the value prints, as in {@code <generator object do_map>} */
    public Generator(String name, Supplier<List<Value>> source) {
        this.name = name;
        this.source = source;
    }

    @Override
    public List<Value> elements(Run run) {
        var producer = source;
        source = null;
        return producer == null ? List.of() : producer.get();
    }

    @Override
    public String typeName() {
        return name.startsWith("generator") ? "generator" : name;
    }

    @Override
    public boolean isTrue() {
        return true;
    }

    @Override
    public void repr(TextBuilder out) {
        out.append("<" + name + ">");
    }
}
