package moka.template.jinja.value;

import org.jspecify.annotations.Nullable;

/** A double. */
public record FloatValue(double value) implements Value {
    @Override
    public String typeName() {
        return "float";
    }

    @Override
    public boolean isTrue() {
        return value != 0;
    }

    @Override
    public boolean isIterable() {
        return false;
    }

    @Override
    public void repr(TextBuilder out) {
        out.append(PythonPrinting.repr(value));
    }

    @Override
    public @Nullable Value attribute(String name, Run run) {
        return switch (name) {
            case "real" -> this;
            case "imag" -> new FloatValue(0);
            default -> null;
        };
    }
}
