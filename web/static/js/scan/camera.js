// The camera as a scanner; what decodes is loaded when somebody asks for it.

export class Camera {
  constructor(box, found) {
    this.box = box;
    this.found = found;
  }
}
