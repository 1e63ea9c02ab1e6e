package moka.template.jinja.value;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Bytes, as {@code encode()} gives them: a char of the text stands for a byte. */
public record Bytes(Text latin1) implements Value {
    @Override
    public String typeName() {
        return "bytes";
    }

    @Override
    public boolean isTrue() {
        return latin1.isTrue();
    }

    @Override
    public int length() {
        return latin1.length();
    }

    @Override
    public List<Value> elements(Run run) {
        run.charge(4L * length());
        return IntStream.range(0, length()).<Value>mapToObj(i -> IntegerValue.of(latin1.chars().charAt(i))).toList();
    }

    @Override
    public @Nullable Value item(Value key, Run run) {
        return latin1.item(key, run) instanceof Text one ? IntegerValue.of(one.chars().charAt(0)) : null;
    }

    @Override
    public Value slice(Slice slice, Run run) {
        return new Bytes((Text) latin1.slice(slice, run));
    }

    @Override
    public void repr(TextBuilder out) {
        int begin = out.length();
        out.append("b");
        PythonPrinting.quoteBytes(latin1.chars(), out);
        if (!latin1.isTrusted()) {
            out.distrustFrom(begin);
        }
    }
}
