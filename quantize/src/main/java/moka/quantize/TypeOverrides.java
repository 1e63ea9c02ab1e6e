package moka.quantize;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import moka.gguf.TensorType;

/**
 * What the user says about types, over the rules of a mixture.
 *
 * @param patterns types of tensors by name, first match
 * @param outputType type of the output matrix
 * @param embeddingType type of the token embedding
 * @param pure all tensors get the base type
 * @param keepOutput the output matrix stays as it is
 */
public record TypeOverrides(
        List<ByName> patterns,
        Optional<TensorType> outputType,
        Optional<TensorType> embeddingType,
        boolean pure,
        boolean keepOutput) {
    /** Nothing said. */
    public static final TypeOverrides NONE = new TypeOverrides(List.of(), Optional.empty(), Optional.empty(), false, false);

    /** A type for the tensors in whose name the pattern is found. */
    public record ByName(Pattern pattern, TensorType type) {}

    public TypeOverrides {
        patterns = List.copyOf(patterns);
    }

    /** The same with other patterns. */
    public TypeOverrides withPatterns(List<ByName> newPatterns) {
        return new TypeOverrides(newPatterns, outputType, embeddingType, pure, keepOutput);
    }

    /** Types for single tensors, by their whole names; whether the output matrix stays as it is, is kept. */
    TypeOverrides ofTensors(Map<String, TensorType> types) {
        List<ByName> names = types.entrySet().stream()
                .map(it -> new ByName(Pattern.compile("^" + Pattern.quote(it.getKey()) + "$"), it.getValue()))
                .toList();
        return new TypeOverrides(names, Optional.empty(), Optional.empty(), false, keepOutput);
    }

    Optional<TensorType> byName(String name) {
        return patterns.stream()
                .filter(it -> it.pattern.matcher(name).find())
                .map(ByName::type)
                .findFirst();
    }
}
