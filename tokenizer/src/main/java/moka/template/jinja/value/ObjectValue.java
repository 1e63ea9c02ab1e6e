package moka.template.jinja.value;

/** A value that the interpreter itself brings: functions, macros, methods, loops. */
public non-sealed interface ObjectValue extends Value {
    @Override
    default boolean isTrue() {
        return true;
    }

    @Override
    default boolean isIterable() {
        return false;
    }
}
