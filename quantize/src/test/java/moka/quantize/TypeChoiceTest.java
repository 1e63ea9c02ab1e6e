package moka.quantize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import moka.gguf.GgufFile;
import moka.gguf.GgufTensor;
import moka.gguf.GgufTensorInfo;
import moka.gguf.TensorType;
import moka.testing.SharedData;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class TypeChoiceTest {
    /** Source: files made by llama-quantize of llama.cpp v0.5.0, in {@code shared/own/models}. */
    @TestFactory
    Stream<DynamicTest> choosesTheReferencesTypes() {
        Path source = SharedData.require("own/models/pebble-F16.gguf");
        return Stream.of("Q8_0", "Q5_K_M", "Q4_K_M", "Q4_0", "IQ4_XS", "Q3_K_M", "IQ3_S", "Q2_K").map(name -> DynamicTest.dynamicTest(name, () -> {
            boolean importance = !name.equals("Q8_0") && !name.equals("Q4_0");
            Path reference = SharedData.require("own/models/pebble-" + name + ".gguf");
            try (ModelSource model = ModelSource.openGguf(source);
                    GgufFile expected = GgufFile.open(reference)) {
                Map<String, TensorType> types = TypeChoice.of(
                        Mixture.byName(name).orElseThrow(),
                        ModelFacts.of(model.metadata(), model.infos(), importance),
                        TypeOverrides.NONE,
                        model.infos());
                assertEquals(
                        expected.tensors().stream().collect(Collectors.toMap(GgufTensor::name, GgufTensor::type)), types);
            }
        }));
    }

    private static final ModelFacts DENSE = new ModelFacts("llama", 16, 1, 0, false, false, true);

    private static List<GgufTensorInfo> layers(int count) {
        List<GgufTensorInfo> tensors = new ArrayList<>();
        tensors.add(new GgufTensorInfo("token_embd.weight", TensorType.F16, 256, 512));
        tensors.add(new GgufTensorInfo("output.weight", TensorType.F16, 256, 512));
        tensors.add(new GgufTensorInfo("output_norm.weight", TensorType.F32, 256));
        for (int i = count - 1; i >= 0; i--) {
            tensors.add(new GgufTensorInfo("blk." + i + ".attn_v.weight", TensorType.F16, 256, 64));
            tensors.add(new GgufTensorInfo("blk." + i + ".ffn_down.weight", TensorType.F16, 512, 256));
        }
        return tensors;
    }

    private static Map<String, TensorType> choose(Mixture mixture, ModelFacts model, TypeOverrides overrides) {
        return TypeChoice.of(mixture, model, overrides, layers(16));
    }

    @Test
    void favoursTheFirstTheLastAndEveryThirdLayer() {
        Map<String, TensorType> types = choose(Mixture.Q4_K_M, DENSE, TypeOverrides.NONE);
        List<Integer> favoured = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            if (types.get("blk." + i + ".ffn_down.weight") == TensorType.Q6_K) {
                favoured.add(i);
            }
        }
        assertEquals(List.of(0, 1, 4, 7, 10, 13, 14, 15), favoured);
    }

    @Test
    void givesValuesOfManySharedHeadsMoreBits() {
        ModelFacts shared = new ModelFacts("llama", 16, 8, 0, false, false, true);
        assertEquals(TensorType.Q3_K, choose(Mixture.Q2_K, DENSE, TypeOverrides.NONE).get("blk.3.attn_v.weight"));
        assertEquals(TensorType.Q4_K, choose(Mixture.Q2_K, shared, TypeOverrides.NONE).get("blk.3.attn_v.weight"));
        ModelFacts large = new ModelFacts("llama", 16, 8, 0, true, false, true);
        assertEquals(TensorType.Q5_K, choose(Mixture.Q2_K, large, TypeOverrides.NONE).get("blk.3.attn_v.weight"));
    }

    @Test
    void overridesWinOverRulesAndTheFirstPatternWins() {
        TypeOverrides overrides = new TypeOverrides(
                List.of(
                        new TypeOverrides.ByName(Pattern.compile("blk\\.3\\..*down"), TensorType.Q8_0),
                        new TypeOverrides.ByName(Pattern.compile("down"), TensorType.Q5_0)),
                Optional.of(TensorType.F16),
                Optional.of(TensorType.Q4_0),
                false,
                false);
        Map<String, TensorType> types = choose(Mixture.Q4_K_M, DENSE, overrides);
        assertEquals(TensorType.Q8_0, types.get("blk.3.ffn_down.weight"));
        assertEquals(TensorType.Q5_0, types.get("blk.4.ffn_down.weight"));
        assertEquals(TensorType.F16, types.get("output.weight"));
        assertEquals(TensorType.Q4_0, types.get("token_embd.weight"));
    }

    @Test
    void pureGivesAllMatricesTheBaseType() {
        TypeOverrides pure = new TypeOverrides(List.of(), Optional.empty(), Optional.empty(), true, true);
        Map<String, TensorType> types = choose(Mixture.Q4_K_M, DENSE, pure);
        assertEquals(TensorType.F16, types.remove("output.weight"));
        assertEquals(TensorType.F32, types.remove("output_norm.weight"));
        assertTrue(types.values().stream().allMatch(it -> it == TensorType.Q4_K));
    }

    @Test
    void rowsThatAreNoWholeNumberOfBlocksGetASmallerBlock() {
        assertEquals(TensorType.Q5_0, TypeRules.fitting("a", TensorType.Q4_K, 96));
        assertEquals(TensorType.IQ4_NL, TypeRules.fitting("a", TensorType.IQ2_XXS, 96));
        assertEquals(TensorType.F16, TypeRules.fitting("a", TensorType.Q4_K, 100));
        assertEquals(TensorType.F16, TypeRules.fitting("a", TensorType.Q8_0, 100));
        assertThrows(QuantizeException.class, () -> TypeRules.fitting("a", TensorType.Q1_0, 96));
    }

    @Test
    void leavesNormsRoutersAndVectors() {
        assertTrue(TypeChoice.isQuantizable(new GgufTensorInfo("blk.0.ffn_up.weight", TensorType.F32, 256, 4)));
        assertFalse(TypeChoice.isQuantizable(new GgufTensorInfo("blk.0.ffn_gate_inp.weight", TensorType.F32, 256, 4)));
        assertFalse(TypeChoice.isQuantizable(new GgufTensorInfo("blk.0.attn_q_norm.weight", TensorType.F32, 256, 4)));
        assertFalse(TypeChoice.isQuantizable(new GgufTensorInfo("blk.0.attn_q.bias", TensorType.F32, 256, 4)));
        assertFalse(TypeChoice.isQuantizable(new GgufTensorInfo("blk.0.ffn_up.weight", TensorType.F32, 256, 1)));
    }

    @Test
    void namesInAnyCaseAndAliases() {
        assertEquals(Mixture.Q4_K_M, Mixture.byName("q4_k").orElseThrow());
        assertEquals(Mixture.IQ2_XXS, Mixture.byName("iq2_xxs").orElseThrow());
        assertTrue(Mixture.byName("Q9_K").isEmpty());
    }
}
