package moka.quantize.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of repositories, and what llama.cpp v0.5.0's converter takes from them. */
class ModelNameTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            emptyValue = "",
            textBlock = """
            Qwen/Qwen2.5-0.5B-Instruct|494000000|Qwen2.5 0.5B Instruct|Qwen|Qwen2.5|Instruct||0.5B
            meta-llama/Meta-Llama-3-8B|8030000000|Meta Llama 3 8B|Meta Llama|Meta-Llama-3|||8B
            mistralai/Mistral-7B-Instruct-v0.3|7248000000|Mistral 7B Instruct v0.3|Mistralai|Mistral|Instruct|v0.3|7B
            Mixtral-8x7B-v0.1|46700000000|Mixtral 8x7B v0.1||Mixtral||v0.1|8x7B
            Phi-3-mini-4k-instruct|3821000000|Phi 3 Mini 4k Instruct||Phi-3|4k-instruct||mini
            google/gemma-2-2b-it|2614000000|Gemma 2 2b It|Google|gemma-2|it||2B
            bloom-7b1|7069000000|Bloom 7b1||bloom|||7.1B
            SmolLM2-135M|134500000|SmolLM2 135M||SmolLM2|||135M
            my model of mine|1000|My Model Of Mine|||||
            llama|35000|Llama|||||
            TinyLlama-1.1B-Chat-v1.0|1100000000|TinyLlama 1.1B Chat v1.0||TinyLlama|Chat|v1.0|1.1B
            ./checkpoints|10|Checkpoints|||||
            Model-q4_k-large|1000000000|Model Q4_K Large||Model|||large
            """)
    void takesApartNamesOfRepositories(
            String id, long parameters, String title, String organization, String base, String tune, String version, String size) {
        ModelName expected = new ModelName(title, text(organization), text(base), text(tune), text(version), text(size));
        assertEquals(expected, ModelName.of(id, parameters));
    }

    private static String text(String column) {
        return column == null ? "" : column;
    }
}
