@fault:truth @req:FLT-20 @cap:signals @cap:agent @cap:shared-eni
Feature: What is told of a fault
  Each fault moves the metric or event that names it within 30 seconds, and moves none that
  names another. While nothing is wrong, none moves. What they are called is the target's own.

  Scenario Outline: An altered <kind> is told
    Which objects of a kind are altered comes from the seed.

    Given a node "n1"
    And a pod "a" on "n1"
    And nothing is told of "n1" while a pod comes and goes
    Then any <kind> of "a" and its node that is altered is told within 30 seconds, with "<as well>" at most

    Examples:
      | kind      | as well |
      | link      | altered |
      | address   | altered |
      | route     | altered |
      | rule      | nothing |
      | neighbour | nothing |
      | sysctl    | altered |
      | mark      | nothing |

  Scenario: A node without an address left is told
    Given a node "n1" with:
      | type                    | plumbline.odd.limit-12 |
      | config allocate_timeout | "20s"                  |
    And nothing is told of "n1" while a pod comes and goes
    And 12 pods on "n1"
    And a sandbox "q" on "n1"
    When the runtime adds "q"
    Then it fails, unlike "ADD passer-by"
    And "no address left" is told of "n1" within 30 seconds

  Scenario: A refused configuration is told
    Given a node "n1" with:
      | config address_rest | "1s" |
    And nothing is told of "n1" while a pod comes and goes
    When the configuration of "n1" becomes «{"frobnicate": 1}»
    Then "refused configuration" is told of "n1" within 30 seconds

  @cap:state-files
  Scenario: State files that are put aside are told
    Given a node "n1"
    And a pod "a" on "n1"
    And nothing is told of "n1" while a pod comes and goes
    When the agent of "n1" is killed
    And the state files of "n1" are filled with zeros
    And the agent of "n1" is started
    Then "broken state" is told of "n1" within 30 seconds

  Scenario: An API that does not answer is told
    Given a node "n1"
    And nothing is told of "n1" while a pod comes and goes
    When the API is out of reach of "n1"
    Then "API out of reach" is told of "n1" within 30 seconds

  Scenario: A sandbox that vanishes without DEL is told
    Given a node "n1"
    And a pod "a" on "n1"
    And nothing is told of "n1" while a pod comes and goes
    When the sandbox of "a" vanishes
    Then "vanished sandbox" is told of "n1" within 30 seconds

  @cap:dual-stack
  Scenario: Forged packets are told
    Given a node "n1"
    And a pod "a" on "n1"
    And a pod "b" on "n1"
    And nothing is told of "n1" while a pod comes and goes
    When "a" forges source addresses towards "b", its node and beyond
    Then "forged packets" is told of "n1" within 30 seconds

  @serial
  Scenario: A full vSwitch is told
    Given a node "n1" with:
      | config vswitches     | {"cn-hangzhou-a": ["vsw-pods-a2"]} |
      | config min_pool_size | 0                                  |
      | config max_pool_size | 0                                  |
    And a pod "a" on "n1"
    And nothing is told of "n1" while a pod comes and goes
    And a sandbox "q" on "n1"
    Then the cloud comes to hold 1 to 1 addresses for pods of "n1"
    When the vSwitch "vsw-pods-a2" comes to have 0 free addresses
    And the runtime adds "q"
    Then it fails, unlike "ADD a"
    And "full vSwitch" is told of "n1" within 30 seconds, with "no address left" at most

  @serial @cap:controller
  Scenario: A cloud that refuses is told
    Given a node "n1" with:
      | config min_pool_size    | 0    |
      | config max_pool_size    | 0    |
      | config allocate_timeout | "3s" |
    And a pod "a" on "n1"
    And nothing is told of "n1" while a pod comes and goes
    And a sandbox "q" on "n1"
    Then the cloud comes to hold 1 to 1 addresses for pods of "n1"
    When the cloud refuses AssignPrivateIpAddresses with NoPermission as 403
    And the runtime adds "q"
    Then it fails, unlike "ADD a"
    And "refusal of the cloud" is told of "n1" within 30 seconds, with "no address left" at most

  @serial @cap:controller
  Scenario: A cloud that throttles is told
    Given a node "n1" with:
      | config min_pool_size    | 0    |
      | config max_pool_size    | 0    |
      | config allocate_timeout | "3s" |
    And a pod "a" on "n1"
    And nothing is told of "n1" while a pod comes and goes
    And a sandbox "q" on "n1"
    Then the cloud comes to hold 1 to 1 addresses for pods of "n1"
    When the cloud allows 0 calls of AssignPrivateIpAddresses at once and 0 a minute
    And the runtime adds "q"
    Then "throttling of the cloud" is told of "n1" within 30 seconds, with "no address left, refusal of the cloud" at most

  @serial @cap:controller
  Scenario: A leaked interface is told
    The cloud makes an interface, refuses to attach it and to take it back, and the node that
    it was made for goes.

    Given a node "n2"
    And a pod "b" on "n2"
    And nothing is told of "n2" while a pod comes and goes
    And the cloud refuses AttachNetworkInterface with NoPermission as 403
    And the cloud refuses DeleteNetworkInterface with NoPermission as 403
    And a node "n1" that asks to join with:
      | config min_pool_size | 3 |
      | config max_pool_size | 6 |
    Then the cloud comes to hold an interface without an instance
    When the node "n1" vanishes
    And the cloud is honest again
    Then "leaked interface" is told of "n2" within 30 seconds
    And the cloud comes to hold no interface without an instance, unlike as noted

  @serial @cap:controller
  Scenario: No secret is told, whatever is wrong
    The key and the tokens that the target was given are looked for as they are and in base64.

    Given what the control plane logged so far is passed over
    And a node "n1" with:
      | config min_pool_size    | 0    |
      | config max_pool_size    | 0    |
      | config allocate_timeout | "3s" |
    And a pod "a" on "n1"
    And a sandbox "q" on "n1"
    Then the cloud comes to hold 1 to 1 addresses for pods of "n1"
    When the controller is killed
    And the controller is started
    And the agent of "n1" is killed
    And the agent of "n1" is started
    And the configuration of "n1" becomes «{"frobnicate": 1}»
    Then an event of "n1" tells "frobnicate"
    When the cloud refuses AssignPrivateIpAddresses with SignatureDoesNotMatch as 403
    And the runtime adds "q"
    Then it fails, unlike "ADD a"
    And an event of "n1" tells "SignatureDoesNotMatch"
    And no log, metric, event, report, file, command line or answer of "n1" and the control plane tells a secret
