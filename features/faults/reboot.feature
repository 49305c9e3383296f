@cap:agent @cap:shared-eni @req:FLT-10 @fault:reboot
Feature: Nodes that lose power and start again
  Sandboxes, links, routes and rules are gone, the disk is not. Interfaces come in another
  order, each with the name and the index that another one had, or behind other devices,
  with indexes that nobody had. Three addresses an interface put the pods on two interfaces.

  Scenario Outline: Pods, tables and interfaces belong together when interfaces come <how>
    Given the cloud sells type "plumbline.test.six-by-three" with 6 interfaces of 3 addresses
    And a node "n1" of type "plumbline.test.six-by-three"
    And 5 pods on "n1"
    And packets of each pod of "n1" leave by its own interface, with IPv4 and IPv6
    When "n1" reboots, and its interfaces come <how>
    And the agent of "n1" is started
    And the runtime deletes the pods of "n1"
    And the pods of "n1" come again, each in another sandbox
    Then tables and rules of "n1" belong to its interfaces, which have other indexes than before
    And packets of each pod of "n1" leave by its own interface, with IPv4 and IPv6
    And "p1" reaches "p5" over TCP with IPv4
    And pods, cloud, kernel and reports of "n1" come to agree

    Examples:
      | how                  |
      | in another order     |
      | behind other devices |

  Scenario: The API is out of reach when the node starts
    What interfaces the node has the agent can learn from the API alone: until then pods
    cannot be served, and the runtime is told why. Then all comes right without a hand.

    Given the cloud sells type "plumbline.test.six-by-three" with 6 interfaces of 3 addresses
    And a node "n1" of type "plumbline.test.six-by-three"
    And 4 pods on "n1"
    And a pod "a" on "n1"
    When "n1" reboots, and its interfaces come in another order
    And the API is out of reach of "n1"
    And the agent of "n1" is started
    And the runtime deletes "a"
    Then it succeeds
    When a second sandbox of pod "a" is made
    And the runtime adds "a"
    Then it fails with code 11, unlike "ADD a"
    And its error names "Kubernetes API"
    And "a" has no link eth0 any more
    When the API is within reach of "n1" again
    And the pods of "n1" come again, each in another sandbox
    Then tables and rules of "n1" belong to its interfaces, which have other indexes than before
    And packets of each pod of "n1" leave by its own interface, with IPv4 and IPv6
    And pods, cloud, kernel and reports of "n1" come to agree

  Scenario: Power fails in the middle of an ADD
    Of the sandboxes that ran nobody calls DEL; of the one that was being made, the runtime does.

    Given the cloud sells type "plumbline.test.six-by-three" with 6 interfaces of 3 addresses
    And a node "n1" of type "plumbline.test.six-by-three"
    And 4 pods on "n1"
    And a sandbox "c" on "n1"
    When the power of "n1" fails while the runtime adds "c"
    Then it was killed where it was to be
    When "n1" reboots, and its interfaces come in another order
    And the agent of "n1" is started
    And the runtime deletes "c"
    Then it succeeds
    When the pods of "n1" come again, each in another sandbox
    Then tables and rules of "n1" belong to its interfaces, which have other indexes than before
    And packets of each pod of "n1" leave by its own interface, with IPv4 and IPv6
    And pods, cloud, kernel and reports of "n1" come to agree
