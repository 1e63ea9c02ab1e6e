package moka.template.jinja.value;

import java.util.ArrayList;
import java.util.List;

/** {@code dict.keys()}, {@code values()} or {@code items()}. */
public record DictView(Dict dict, Part part) implements Value {
    /** Which part of the entries a view shows. */
    public enum Part {
        KEYS("dict_keys"),
        VALUES("dict_values"),
        ITEMS("dict_items");

        private final String typeName;

        Part(String typeName) {
            this.typeName = typeName;
        }
    }

    @Override
    public List<Value> elements(Run run) {
        run.charge((part == Part.ITEMS ? 24L : 1L) * dict.length());
        var elements = new ArrayList<Value>(dict.length());
        for (Dict.Entry entry : dict.entries()) {
            elements.add(
                    switch (part) {
                        case KEYS -> entry.key();
                        case VALUES -> entry.value();
                        case ITEMS -> Sequence.tuple(entry.key(), entry.value());
                    });
        }
        return elements;
    }

    @Override
    public String typeName() {
        return part.typeName;
    }

    @Override
    public boolean isTrue() {
        return dict.isTrue();
    }

    @Override
    public int length() {
        return dict.length();
    }

    @Override
    public void repr(TextBuilder out) {
        int begin = out.length();
        out.append(part.typeName).append("(");
        Sequence.tuple(elements(out.run())).repr(out, "[", "])");
        out.spreadDistrustFrom(begin);
    }
}
