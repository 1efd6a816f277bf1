import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.TensorFlow;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TString;

/**
 * A search by words in a Java process: it loads the exported SavedModel, and needs no server and no Python.
 *
 * <p>{@code java -cp CLASSPATH ModelSearch.java MODEL QUERY [TEXT_OPS]}: the directory of a model's version, the words,
 * and the directory of TF Text's op libraries, which models with a pretrained encoder need.
 */
public final class ModelSearch {
  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 3) {
      loadTextOps(Path.of(arguments[2]));
    }
    try (SavedModelBundle model = SavedModelBundle.load(arguments[0], "serve");
        TString query = TString.vectorOf(arguments[1]);
        var answer = model.function("serving_default").call(Map.of("query", query))) {
      TString ids = (TString) answer.get("product_id").orElseThrow();
      TFloat32 scores = (TFloat32) answer.get("score").orElseThrow();
      for (long rank = 0; rank < ids.shape().get(1); rank++) {
        System.out.printf("%-20s %.6f%n", ids.getObject(0, rank), scores.getFloat(0, rank));
      }
    }
  }

  /** Registers the operations of TF Text, once in a process and before a model is loaded. */
  static void loadTextOps(Path directory) throws Exception {
    try (var libraries = Files.newDirectoryStream(directory, "*.so")) {
      for (Path library : libraries) {
        TensorFlow.loadLibrary(library.toAbsolutePath().toString());
      }
    }
  }
}
