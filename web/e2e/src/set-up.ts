import { picture } from "./browser";
import { tellOfFailures } from "./failures";

tellOfFailures(picture);
