package moka.template.jinja.value;

/** {@code true} and {@code false}, which count as 1 and 0. */
public enum BooleanValue implements Value {
    FALSE,
    TRUE;

    public static BooleanValue of(boolean value) {
        return value ? TRUE : FALSE;
    }

    @Override
    public String typeName() {
        return "bool";
    }

    @Override
    public boolean isTrue() {
        return this == TRUE;
    }

    @Override
    public boolean isIterable() {
        return false;
    }

    @Override
    public void repr(TextBuilder out) {
        out.append(this == TRUE ? "True" : "False");
    }
}
