package moka.template.jinja.value;

/** A value that can be called. */
public interface Callable extends ObjectValue {
    Value call(Arguments arguments, Run run);

    @Override
    default void repr(TextBuilder out) {
        out.append("<" + typeName() + ">");
    }
}
