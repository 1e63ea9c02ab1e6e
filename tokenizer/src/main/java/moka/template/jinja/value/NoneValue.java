package moka.template.jinja.value;

/** {@code none}. */
public enum NoneValue implements Value {
    NONE;

    @Override
    public String typeName() {
        return "NoneType";
    }

    @Override
    public boolean isTrue() {
        return false;
    }

    @Override
    public boolean isIterable() {
        return false;
    }

    @Override
    public void repr(TextBuilder out) {
        out.append("None");
    }
}
